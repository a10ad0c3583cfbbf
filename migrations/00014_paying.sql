-- Paying: the rails that payouts leave by, every attempt to pay one, and how each
-- ended. Nothing here is ever updated: what is live, aside or paid follows from
-- which rows there are.

-- +goose Up

-- The one way that a distribution's payouts leave. Those prepared before there were
-- rails have none.
ALTER TABLE distribution
    ADD COLUMN rail text CHECK (rail IN ('transactions', 'solana-tokens', 'merkle')),
    ADD COLUMN source jsonb, -- what pays: mint, token account, its owner, fee payer, nonces
    ADD CONSTRAINT distribution_has_rail CHECK (rail IS NOT NULL) NOT VALID,
    ADD CHECK ((rail = 'transactions') = (source IS NOT NULL));

-- Further reasons to carry an earned balance forward.
ALTER TABLE distribution_carried
    DROP CONSTRAINT distribution_carried_reason_check,
    ADD CONSTRAINT distribution_carried_reason_check
        CHECK (reason IN ('below_minimum', 'no_wallet', 'wallet_on_hold', 'wallet_frozen'));

-- What of a supplier's earnings a run set off against what they owe.
CREATE TABLE distribution_set_off (
    distribution bigint  NOT NULL REFERENCES distribution,
    supplier_id  uuid    NOT NULL,
    season       text    NOT NULL CHECK (length(season) BETWEEN 1 AND 63),
    revision     integer NOT NULL CHECK (revision >= 1),
    amount       bigint  NOT NULL CHECK (amount > 0), -- base units
    PRIMARY KEY (distribution, supplier_id, season, revision)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_set_off
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One transaction's payouts: as prepared, or a part of a batch that failed whole.
CREATE TABLE distribution_batch (
    distribution bigint  NOT NULL REFERENCES distribution,
    number       integer NOT NULL CHECK (number >= 1),
    id           text    NOT NULL GENERATED ALWAYS AS ('d' || distribution::text || '-b' || number::text) STORED,
    part_of      integer CHECK (part_of < number),
    memo         text    NOT NULL CHECK (memo <> ''), -- what marks it on the chain
    PRIMARY KEY (distribution, number),
    UNIQUE (distribution, memo),
    FOREIGN KEY (distribution, part_of) REFERENCES distribution_batch
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_batch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE distribution_batch_payout (
    distribution bigint  NOT NULL,
    batch        integer NOT NULL,
    payout       integer NOT NULL,
    PRIMARY KEY (distribution, batch, payout),
    FOREIGN KEY (distribution, batch) REFERENCES distribution_batch,
    FOREIGN KEY (distribution, payout) REFERENCES distribution_payout
);
CREATE INDEX distribution_batch_payout_payout ON distribution_batch_payout (distribution, payout);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_batch_payout
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A merkle tree of payouts. A payout stands in one tree only.
CREATE TABLE distribution_tree (
    distribution bigint  NOT NULL REFERENCES distribution,
    number       integer NOT NULL CHECK (number >= 1),
    id           text    NOT NULL GENERATED ALWAYS AS ('d' || distribution::text || '-t' || number::text) STORED,
    root         bytea   NOT NULL CHECK (length(root) = 32), -- equal payouts give equal roots, so it names no tree
    nodes        integer NOT NULL CHECK (nodes BETWEEN 1 AND 12000),
    total        bigint  NOT NULL CHECK (total >= nodes), -- base units
    PRIMARY KEY (distribution, number)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_tree
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE distribution_tree_payout (
    distribution bigint  NOT NULL,
    payout       integer NOT NULL,
    tree         integer NOT NULL,
    PRIMARY KEY (distribution, payout),
    FOREIGN KEY (distribution, tree) REFERENCES distribution_tree,
    FOREIGN KEY (distribution, payout) REFERENCES distribution_payout
);
CREATE INDEX distribution_tree_payout_tree ON distribution_tree_payout (distribution, tree);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_tree_payout
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who was given the files, and when: what is out can be paid by hand.
CREATE TABLE distribution_export (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    distribution bigint      NOT NULL REFERENCES distribution_approval,
    exported_by  bigint      NOT NULL REFERENCES person,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_export
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One message that was made ready to be signed and sent. From here on it may land,
-- until its end says that it did, or that it never can.
CREATE TABLE distribution_attempt (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    distribution  bigint      NOT NULL REFERENCES distribution_approval,
    batch         integer     NOT NULL,
    message       bytea       NOT NULL UNIQUE, -- exactly what is signed
    blockhash     text        NOT NULL,        -- or the nonce's value
    nonce_account text,                        -- null: it lives by its blockhash
    last_valid    bigint CHECK (last_valid >= 0), -- block height; null: it lives until its nonce moves on
    attempted_by  bigint      NOT NULL REFERENCES person,
    recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (distribution, batch) REFERENCES distribution_batch,
    CHECK ((nonce_account IS NULL) = (last_valid IS NOT NULL))
);
CREATE INDEX distribution_attempt_batch ON distribution_attempt (distribution, batch);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The message with its signatures: what is sent, and sent again, byte by byte. One
-- that is handed out is signed elsewhere, and comes later.
CREATE TABLE distribution_attempt_signed (
    attempt      bigint      PRIMARY KEY REFERENCES distribution_attempt,
    signature    text        NOT NULL UNIQUE, -- the first, by which the chain knows it
    transaction  bytea       NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_attempt_signed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How an attempt ended, for good: its payouts were paid; it failed on the chain and
-- moved nothing; or it can never land any more. Without a row it is live, or
-- unknown, and nothing of it is tried again.
CREATE TABLE distribution_attempt_end (
    attempt     bigint      PRIMARY KEY REFERENCES distribution_attempt,
    outcome     text        NOT NULL CHECK (outcome IN ('landed', 'failed', 'expired')),
    signature   text,        -- by which it landed or failed
    slot        bigint CHECK (slot >= 0), -- in which it did
    detail      text        NOT NULL, -- what was seen that proves it
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (attempt, outcome),
    CHECK ((outcome = 'expired') = (slot IS NULL)),
    CHECK ((outcome = 'expired') = (signature IS NULL))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_attempt_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Which payouts an attempt pays. A payout's next turn comes only when the attempt of
-- the turn before ended without paying, so it has one live attempt at most.
CREATE TABLE distribution_payout_attempt (
    distribution     bigint  NOT NULL,
    payout           integer NOT NULL,
    turn             integer NOT NULL CHECK (turn >= 1),
    attempt          bigint  NOT NULL REFERENCES distribution_attempt,
    previous_turn    integer GENERATED ALWAYS AS (nullif(turn - 1, 0)) STORED,
    previous         bigint, -- the attempt of the turn before
    previous_outcome text CHECK (previous_outcome IN ('failed', 'expired')),
    PRIMARY KEY (distribution, payout, turn),
    UNIQUE (attempt, payout),
    UNIQUE (distribution, payout, turn, attempt),
    FOREIGN KEY (distribution, payout) REFERENCES distribution_payout,
    FOREIGN KEY (distribution, payout, previous_turn, previous)
        REFERENCES distribution_payout_attempt (distribution, payout, turn, attempt),
    FOREIGN KEY (previous, previous_outcome) REFERENCES distribution_attempt_end (attempt, outcome),
    CHECK ((turn = 1) = (previous IS NULL)),
    CHECK (num_nulls(previous, previous_outcome) IN (0, 2))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_payout_attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A payout that is not attempted any more: its wallet was frozen, or its account
-- cannot take it. The rest of its distribution goes on.
CREATE TABLE distribution_aside (
    distribution bigint      NOT NULL,
    payout       integer     NOT NULL,
    reason       text        NOT NULL CHECK (reason IN ('wallet_frozen', 'refused_by_chain')),
    detail       text        NOT NULL CHECK (detail <> ''),
    set_by       bigint REFERENCES person, -- null: the program
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (distribution, payout),
    FOREIGN KEY (distribution, payout) REFERENCES distribution_payout
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_aside
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How a payout ended, once: paid, by a transaction on the chain, or returned to what
-- the supplier has earned.
CREATE TABLE distribution_payout_end (
    distribution bigint      NOT NULL,
    payout       integer     NOT NULL,
    outcome      text        NOT NULL CHECK (outcome IN ('paid', 'returned')),
    journal      bigint      NOT NULL REFERENCES ledger_journal,
    signature    text CHECK (signature <> ''), -- of what paid it
    evidence     text CHECK (evidence IN ('chain', 'file')), -- who says so
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (distribution, payout),
    FOREIGN KEY (distribution, payout) REFERENCES distribution_payout,
    CHECK ((outcome = 'paid') = (signature IS NOT NULL)),
    CHECK ((outcome = 'paid') = (evidence IS NOT NULL))
);
CREATE INDEX distribution_payout_end_signature ON distribution_payout_end (signature);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_payout_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Cancelling: one person asks, which stops every further attempt and export, and
-- another approves, which returns what is still in transit.
CREATE TABLE distribution_cancel (
    distribution bigint      PRIMARY KEY REFERENCES distribution,
    asked_by     bigint      NOT NULL REFERENCES person,
    reason       text        NOT NULL CHECK (reason <> ''),
    unpaid       boolean     NOT NULL, -- says: the files that are out have not been, and will not be, paid
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (distribution, asked_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_cancel
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE distribution_cancel_approval (
    distribution bigint      PRIMARY KEY,
    asked_by     bigint      NOT NULL,
    approved_by  bigint      NOT NULL REFERENCES person CHECK (approved_by <> asked_by),
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (distribution, asked_by) REFERENCES distribution_cancel (distribution, asked_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_cancel_approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No attempt for a payout that is aside, ended, or in a distribution that somebody
-- asked to cancel.
-- +goose StatementBegin
CREATE FUNCTION distribution_refuse_attempt() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    found text;
BEGIN
    SELECT format('d%s-%s', a.distribution, a.payout) INTO found FROM added a
    WHERE EXISTS (SELECT FROM distribution_aside s WHERE (s.distribution, s.payout) = (a.distribution, a.payout))
       OR EXISTS (SELECT FROM distribution_payout_end e WHERE (e.distribution, e.payout) = (a.distribution, a.payout))
       OR EXISTS (SELECT FROM distribution_cancel c WHERE c.distribution = a.distribution)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'payout % is aside, ended or being cancelled: it is not paid', found
            USING ERRCODE = 'integrity_constraint_violation', TABLE = 'distribution_payout_attempt';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER payable AFTER INSERT ON distribution_payout_attempt REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION distribution_refuse_attempt();

-- Nothing is returned that an attempt may still pay, or has paid.
-- +goose StatementBegin
CREATE FUNCTION distribution_refuse_return() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    found text;
BEGIN
    SELECT format('d%s-%s', a.distribution, a.payout) INTO found FROM added a
    JOIN distribution_payout_attempt t ON (t.distribution, t.payout) = (a.distribution, a.payout)
    LEFT JOIN distribution_attempt_end e ON e.attempt = t.attempt
    WHERE a.outcome = 'returned' AND e.outcome IS DISTINCT FROM 'failed' AND e.outcome IS DISTINCT FROM 'expired'
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'payout % has an attempt that may have paid it: it is not returned', found
            USING ERRCODE = 'integrity_constraint_violation', TABLE = 'distribution_payout_end';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER returnable AFTER INSERT ON distribution_payout_end REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION distribution_refuse_return();

GRANT SELECT, INSERT ON
    distribution_set_off, distribution_batch, distribution_batch_payout, distribution_tree, distribution_tree_payout,
    distribution_export, distribution_attempt, distribution_attempt_signed, distribution_attempt_end,
    distribution_payout_attempt, distribution_aside, distribution_payout_end, distribution_cancel, distribution_cancel_approval
TO uptally_app;
