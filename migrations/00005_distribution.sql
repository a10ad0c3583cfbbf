-- Was it paid? Wallets, and the payouts of one run with the files that they are in.

-- +goose Up

-- Where a supplier is paid. The last row of a supplier counts.
CREATE TABLE supplier_wallet (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id uuid        NOT NULL,
    address     text        NOT NULL CHECK (length(address) BETWEEN 32 AND 44 AND address !~ '[^1-9A-HJ-NP-Za-km-z]'), -- base58 of 32 bytes
    recorded_by bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX supplier_wallet_supplier ON supplier_wallet (supplier_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON supplier_wallet
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One run: every earned balance is either paid by it or carried forward. What a
-- run says never changes; later tables say what became of it.
CREATE TABLE distribution (
    number          bigint      PRIMARY KEY CHECK (number >= 1),
    id              text        NOT NULL UNIQUE GENERATED ALWAYS AS ('d' || number::text) STORED,
    key             text        NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 200), -- one run, however often it is asked for
    reason          text        NOT NULL CHECK (reason <> ''),
    minimum_asked   bigint CHECK (minimum_asked >= 0),             -- base units; null: that of the rules
    minimum         bigint      NOT NULL CHECK (minimum >= 0),     -- base units
    journal         bigint      NOT NULL UNIQUE REFERENCES ledger_journal, -- earned -> transit
    payees          bigint      NOT NULL CHECK (payees >= 1),
    total           bigint      NOT NULL CHECK (total >= payees),  -- base units
    manifest_sha256 bytea       NOT NULL CHECK (length(manifest_sha256) = 32),
    prepared_by     bigint      NOT NULL REFERENCES person,
    prepared_at     timestamptz NOT NULL CHECK (isfinite(prepared_at)),
    CHECK (minimum = coalesce(minimum_asked, minimum)),
    UNIQUE (number, prepared_by, manifest_sha256)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Another person's approval. It repeats what it approves, so that the database
-- itself refuses an approval of one's own, or of other files.
CREATE TABLE distribution_approval (
    distribution    bigint      PRIMARY KEY,
    prepared_by     bigint      NOT NULL,
    manifest_sha256 bytea       NOT NULL,
    approved_by     bigint      NOT NULL REFERENCES person CHECK (approved_by <> prepared_by),
    recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (distribution, prepared_by, manifest_sha256) REFERENCES distribution (number, prepared_by, manifest_sha256)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What one supplier is paid by a run, in the order of the suppliers' ids.
CREATE TABLE distribution_payout (
    distribution bigint  NOT NULL REFERENCES distribution,
    number       integer NOT NULL CHECK (number >= 1),
    id           text    NOT NULL GENERATED ALWAYS AS ('d' || distribution::text || '-' || number::text) STORED,
    supplier_id  uuid    NOT NULL,
    wallet       text    NOT NULL CHECK (length(wallet) BETWEEN 32 AND 44),
    amount       bigint  NOT NULL CHECK (amount > 0), -- base units
    PRIMARY KEY (distribution, number),
    UNIQUE (supplier_id, distribution)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_payout
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What of each season and revision a payout pays: its parts sum to its amount.
CREATE TABLE distribution_payout_line (
    distribution bigint  NOT NULL,
    payout       integer NOT NULL,
    season       text    NOT NULL CHECK (length(season) BETWEEN 1 AND 63),
    revision     integer NOT NULL CHECK (revision >= 1),
    amount       bigint  NOT NULL CHECK (amount > 0), -- base units
    PRIMARY KEY (distribution, payout, season, revision),
    FOREIGN KEY (distribution, payout) REFERENCES distribution_payout
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_payout_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An earned balance that a run did not pay, and why.
CREATE TABLE distribution_carried (
    distribution bigint NOT NULL REFERENCES distribution,
    supplier_id  uuid   NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0), -- base units
    reason       text   NOT NULL CHECK (reason IN ('below_minimum', 'no_wallet')),
    PRIMARY KEY (distribution, supplier_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_carried
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The files of a run, byte by byte. An export copies them.
CREATE TABLE distribution_file (
    distribution bigint NOT NULL REFERENCES distribution,
    name         text   NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'),
    rows         bigint NOT NULL CHECK (rows >= 0), -- of a table, without its header; else 0
    bytes        bigint NOT NULL CHECK (bytes = length(contents)),
    sha256       bytea  NOT NULL CHECK (sha256 = sha256(contents)),
    contents     bytea  NOT NULL,
    PRIMARY KEY (distribution, name)
);
ALTER TABLE distribution_file ALTER COLUMN contents SET STORAGE EXTERNAL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON
    supplier_wallet, distribution, distribution_approval, distribution_payout, distribution_payout_line,
    distribution_carried, distribution_file
TO uptally_app;
