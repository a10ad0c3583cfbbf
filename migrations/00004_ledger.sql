-- Who is owed? Accounts, transfers between them, and the chain of journals.

-- +goose Up

-- An account, and its balance: credits - debits of its transfers, kept in the
-- transaction that writes them. Only the treasury, the world outside, may go
-- below 0. The path is how an account is shown; C collation makes its order that
-- of its bytes. The season is a plain code: the ledger knows of no other table.
CREATE TABLE ledger_account (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text   NOT NULL CHECK (kind IN ('treasury', 'pool', 'reserve', 'earned', 'transit', 'paid', 'owing')),
    season      text CHECK (season ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    supplier_id uuid,
    balance     bigint NOT NULL DEFAULT 0 CHECK (kind = 'treasury' OR balance >= 0), -- base units
    path        text COLLATE "C" NOT NULL UNIQUE GENERATED ALWAYS AS (CASE
                    WHEN kind = 'treasury' THEN 'treasury'
                    WHEN kind IN ('pool', 'reserve') THEN 'season/' || season || '/' || kind
                    ELSE 'supplier/' || supplier_id::text || '/' || kind END) STORED,
    CHECK ((season IS NOT NULL) = (kind IN ('pool', 'reserve'))),
    CHECK ((supplier_id IS NOT NULL) = (kind IN ('earned', 'transit', 'paid', 'owing')))
) WITH (fillfactor = 50); -- room to change a balance in place
CREATE TRIGGER append_only BEFORE UPDATE OF id, kind, season, supplier_id OR DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One act and what it moved. The numbers have no gap and each journal holds the
-- digest of the one before it, which the foreign key sees to; digest covers every
-- other column and, through transfers_digest, every transfer.
CREATE TABLE ledger_journal (
    number           bigint      PRIMARY KEY CHECK (number >= 1),
    act              text        NOT NULL CHECK (act IN ('fund', 'seal', 'correct', 'prepare', 'settle', 'return')),
    key              text        NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 200), -- one act, however often it is asked for
    actor            bigint      NOT NULL REFERENCES person,
    reason           text        NOT NULL CHECK (reason <> ''),
    season           text CHECK (season ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    revision         integer CHECK (revision >= 1),
    subject_digest   bytea CHECK (length(subject_digest) = 32), -- of the snapshot, or of the payouts
    payout_minimum   bigint CHECK (payout_minimum >= 0),        -- base units
    count            bigint      NOT NULL CHECK (count >= 0),
    total            bigint      NOT NULL CHECK (total >= count), -- each transfer moves at least 1
    posted_at        timestamptz NOT NULL CHECK (isfinite(posted_at)),
    transfers_digest bytea       NOT NULL CHECK (length(transfers_digest) = 32),
    previous_number  bigint      GENERATED ALWAYS AS (nullif(number - 1, 0)) STORED,
    previous_digest  bytea       NOT NULL CHECK (length(previous_digest) = 32),
    digest           bytea       NOT NULL CHECK (length(digest) = 32),
    UNIQUE (season, revision), -- a revision is posted once
    UNIQUE (number, digest),
    CONSTRAINT ledger_chain FOREIGN KEY (previous_number, previous_digest) REFERENCES ledger_journal (number, digest),
    CHECK (number > 1 OR previous_digest = decode(repeat('00', 32), 'hex')),
    CHECK ((act IN ('seal', 'correct')) = (revision IS NOT NULL)),
    CHECK (num_nulls(revision, payout_minimum) IN (0, 2)),
    CHECK (revision IS NULL OR num_nulls(season, subject_digest) = 0)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One amount from one account to another: every row balances by construction.
CREATE TABLE ledger_transfer (
    journal bigint  NOT NULL,
    number  integer NOT NULL CHECK (number >= 1), -- its place in the journal
    debit   bigint  NOT NULL,
    credit  bigint  NOT NULL CHECK (credit <> debit),
    amount  bigint  NOT NULL CHECK (amount > 0),  -- base units
    PRIMARY KEY (journal, number)
);
CREATE INDEX ledger_transfer_debit ON ledger_transfer (debit, journal);
CREATE INDEX ledger_transfer_credit ON ledger_transfer (credit, journal);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Stands for the three foreign keys of a transfer, checked once a statement: row by
-- row they took three quarters of the time of a large journal. It asks for more,
-- too: only the newest journal takes transfers. What is referred to stays, because
-- journals and accounts are append-only.
-- +goose StatementBegin
CREATE FUNCTION ledger_refuse_adrift() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE journal IS DISTINCT FROM (SELECT max(number) FROM ledger_journal)) THEN
        RAISE EXCEPTION 'a transfer is not of the newest journal; post a new journal instead'
            USING ERRCODE = 'foreign_key_violation', TABLE = 'ledger_transfer';
    END IF;
    IF EXISTS (SELECT FROM added t LEFT JOIN ledger_account d ON d.id = t.debit
               LEFT JOIN ledger_account c ON c.id = t.credit WHERE d.id IS NULL OR c.id IS NULL) THEN
        RAISE EXCEPTION 'a transfer names an account that does not exist; open it first'
            USING ERRCODE = 'foreign_key_violation', TABLE = 'ledger_transfer';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER adrift AFTER INSERT ON ledger_transfer REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_adrift();

-- The application opens accounts at 0, moves balances, and adds; nothing else.
GRANT SELECT, INSERT (kind, season, supplier_id), UPDATE (balance) ON ledger_account TO uptally_app;
GRANT SELECT, INSERT ON ledger_journal, ledger_transfer TO uptally_app;
