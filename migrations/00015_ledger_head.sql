-- When was the ledger last computed again, and what was found?

-- +goose Up

-- A verification of the whole ledger. The head that was found without a fault is
-- held against the chain by every later one.
CREATE TABLE ledger_verification (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    journals     bigint      NOT NULL CHECK (journals >= 0),
    transfers    bigint      NOT NULL CHECK (transfers >= 0),
    accounts     bigint      NOT NULL CHECK (accounts >= 0),
    head_number  bigint CHECK (head_number >= 1), -- of the newest journal, none in an empty ledger
    head_digest  bytea CHECK (length(head_digest) = 32),
    faults       bigint      NOT NULL CHECK (faults >= 0),
    first_faults text[]      NOT NULL CHECK (cardinality(first_faults) = least(faults, 100)), -- each in a sentence
    CHECK (num_nulls(head_number, head_digest) IN (0, 2))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_verification
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT (journals, transfers, accounts, head_number, head_digest, faults, first_faults)
    ON ledger_verification TO uptally_app;
