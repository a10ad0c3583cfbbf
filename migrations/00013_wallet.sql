-- Where may it be paid to? Wallets that somebody proved to hold, the hold before a
-- change counts, and two people's word where there is no key to sign with.

-- +goose Up

-- What was recorded without a proof stays on record, and is paid no more.
REVOKE INSERT ON supplier_wallet FROM uptally_app;

-- A text for the holder of a wallet to sign.
CREATE TABLE wallet_challenge (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          text        NOT NULL UNIQUE GENERATED ALWAYS AS ('c' || number::text) STORED,
    supplier_id uuid        NOT NULL,
    address     text        NOT NULL CHECK (length(address) BETWEEN 32 AND 44 AND address !~ '[^1-9A-HJ-NP-Za-km-z]'),
    domain      text        NOT NULL CHECK (length(domain) BETWEEN 1 AND 64),
    nonce       text        NOT NULL UNIQUE CHECK (nonce ~ '^[0-9a-f]{32}$'),
    issued_at   timestamptz NOT NULL CHECK (isfinite(issued_at)),
    expires_at  timestamptz NOT NULL CHECK (isfinite(expires_at) AND expires_at > issued_at),
    text        text        NOT NULL CHECK (length(text) <= 1000 AND strpos(text, nonce) > 0 AND strpos(text, address) > 0),
    issued_by   bigint      NOT NULL REFERENCES person,
    UNIQUE (number, nonce, supplier_id, address)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_challenge
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A text that was signed. Its nonce is spent, whoever issued the text.
CREATE TABLE wallet_proof (
    nonce       text        PRIMARY KEY CHECK (nonce ~ '^[0-9a-f]{32}$'),
    supplier_id uuid        NOT NULL,
    address     text        NOT NULL CHECK (length(address) BETWEEN 32 AND 44 AND address !~ '[^1-9A-HJ-NP-Za-km-z]'),
    challenge   bigint UNIQUE, -- null: the text was issued elsewhere
    text        text        NOT NULL CHECK (length(text) <= 1000 AND strpos(text, nonce) > 0 AND strpos(text, address) > 0),
    form        text        NOT NULL CHECK (form IN ('raw', 'offchain', 'offchain_v0', 'offchain_v1')),
    signature   bytea       NOT NULL CHECK (length(signature) = 64),
    recorded_by bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL CHECK (isfinite(recorded_at)),
    FOREIGN KEY (challenge, nonce, supplier_id, address) REFERENCES wallet_challenge (number, nonce, supplier_id, address),
    UNIQUE (nonce, supplier_id, address)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_proof
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Nobody can sign for a multisig's vault. One person asks that it be allowed …
CREATE TABLE wallet_allowance (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id uuid        NOT NULL,
    address     text        NOT NULL CHECK (length(address) BETWEEN 32 AND 44 AND address !~ '[^1-9A-HJ-NP-Za-km-z]'),
    reason      text        NOT NULL CHECK (reason <> ''),
    asked_by    bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL CHECK (isfinite(recorded_at)),
    UNIQUE (id, asked_by),
    UNIQUE (id, supplier_id, address)
);
CREATE INDEX wallet_allowance_supplier ON wallet_allowance (supplier_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_allowance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- … and another agrees.
CREATE TABLE wallet_allowance_approval (
    allowance   bigint      PRIMARY KEY,
    asked_by    bigint      NOT NULL,
    approved_by bigint      NOT NULL REFERENCES person CHECK (approved_by <> asked_by),
    recorded_at timestamptz NOT NULL CHECK (isfinite(recorded_at)),
    FOREIGN KEY (allowance, asked_by) REFERENCES wallet_allowance (id, asked_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_allowance_approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A supplier's wallet from a moment on, by a proof or by two people's word. One that
-- is followed by another before that moment never becomes active.
CREATE TABLE wallet (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id uuid        NOT NULL,
    address     text        NOT NULL,
    nonce       text UNIQUE,
    allowance   bigint UNIQUE REFERENCES wallet_allowance_approval,
    active_from timestamptz NOT NULL CHECK (isfinite(active_from)),
    recorded_at timestamptz NOT NULL CHECK (recorded_at <= active_from),
    CHECK ((nonce IS NULL) <> (allowance IS NULL)),
    FOREIGN KEY (nonce, supplier_id, address) REFERENCES wallet_proof (nonce, supplier_id, address),
    FOREIGN KEY (allowance, supplier_id, address) REFERENCES wallet_allowance (id, supplier_id, address)
);
CREATE INDEX wallet_supplier ON wallet (supplier_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Nothing goes to the supplier from now on. One person's act, or the program's own.
CREATE TABLE wallet_freeze (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id uuid        NOT NULL,
    reason      text        NOT NULL CHECK (reason <> ''),
    frozen_by   bigint REFERENCES person, -- null: the program, as the chain knows the wallet as none
    recorded_at timestamptz NOT NULL CHECK (isfinite(recorded_at)),
    UNIQUE (id, supplier_id)
);
CREATE INDEX wallet_freeze_supplier ON wallet_freeze (supplier_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_freeze
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One person asks to lift the freezes up to the last that they know of …
CREATE TABLE wallet_release (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id uuid        NOT NULL,
    lifts       bigint      NOT NULL, -- the last of the freezes
    reason      text        NOT NULL CHECK (reason <> ''),
    asked_by    bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL CHECK (isfinite(recorded_at)),
    FOREIGN KEY (lifts, supplier_id) REFERENCES wallet_freeze (id, supplier_id),
    UNIQUE (id, asked_by)
);
CREATE INDEX wallet_release_supplier ON wallet_release (supplier_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_release
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- … and another agrees. A freeze that came after the first's request stays.
CREATE TABLE wallet_release_approval (
    release     bigint      PRIMARY KEY,
    asked_by    bigint      NOT NULL,
    approved_by bigint      NOT NULL REFERENCES person CHECK (approved_by <> asked_by),
    recorded_at timestamptz NOT NULL CHECK (isfinite(recorded_at)),
    FOREIGN KEY (release, asked_by) REFERENCES wallet_release (id, asked_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_release_approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What happened, for those who are to be told. Written with what it tells of.
CREATE TABLE wallet_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN
        ('proved', 'pending', 'activated', 'frozen', 'release_asked', 'released', 'allow_asked', 'allowed')),
    address     text CHECK (length(address) BETWEEN 32 AND 44),
    wallet      bigint REFERENCES wallet,
    active_from timestamptz CHECK (isfinite(active_from)),
    reason      text CHECK (reason <> ''),
    person      bigint REFERENCES person, -- null: the program
    recorded_at timestamptz NOT NULL CHECK (isfinite(recorded_at)),
    CHECK ((kind IN ('pending', 'activated')) = (wallet IS NOT NULL)),
    CHECK ((wallet IS NULL) = (active_from IS NULL)),
    CHECK ((kind IN ('frozen', 'release_asked', 'released')) = (address IS NULL)),
    CHECK (kind NOT IN ('frozen', 'release_asked', 'allow_asked') OR reason IS NOT NULL)
);
CREATE INDEX wallet_event_supplier ON wallet_event (supplier_id, id);
CREATE UNIQUE INDEX wallet_event_activated ON wallet_event (wallet) WHERE kind = 'activated';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That the hook took an event.
CREATE TABLE wallet_delivery (
    event        bigint      PRIMARY KEY REFERENCES wallet_event,
    delivered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON
    wallet_challenge, wallet_proof, wallet_allowance, wallet_allowance_approval, wallet, wallet_freeze,
    wallet_release, wallet_release_approval, wallet_event, wallet_delivery
TO uptally_app;
