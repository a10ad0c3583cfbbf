-- What stands between a snapshot and its seal, and two people's word against it.

-- +goose Up

-- To when the logs of changes and verdicts had been read when it was taken.
ALTER TABLE snapshot ADD COLUMN logs_read timestamptz;

-- Somebody asks for a seal although these guards have failed.
CREATE TABLE snapshot_override (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    snapshot_id bigint      NOT NULL REFERENCES snapshot,
    guards      text[]      NOT NULL CHECK (cardinality(guards) > 0),
    reason      text        NOT NULL CHECK (reason <> ''),
    asked_by    bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (id, asked_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshot_override
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Another person agrees.
CREATE TABLE snapshot_override_approval (
    override_id bigint      PRIMARY KEY,
    asked_by    bigint      NOT NULL,
    approved_by bigint      NOT NULL REFERENCES person CHECK (approved_by <> asked_by),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (override_id, asked_by) REFERENCES snapshot_override (id, asked_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshot_override_approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON snapshot_override, snapshot_override_approval TO uptally_app;
