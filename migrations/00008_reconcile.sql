-- What the service itself counts, held against what was read.

-- +goose Up

-- The service's own counts of an hour's twelve slots, as they were last read; -1 is
-- a slot that was not over then.
CREATE TABLE uptime_summary (
    hour       timestamptz PRIMARY KEY CHECK (extract(epoch FROM hour) % 3600 = 0),
    devices    bigint[]    NOT NULL CHECK (cardinality(devices) = 12),
    heartbeats bigint[]    NOT NULL CHECK (cardinality(heartbeats) = 12),
    read_at    timestamptz NOT NULL
);

-- Every reading of the summary, and why one was in vain.
CREATE TABLE uptime_summary_read (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    span_from   timestamptz NOT NULL,
    span_to     timestamptz NOT NULL CHECK (span_to > span_from),
    refusal     text        NOT NULL, -- '' if it was read
    recorded_at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_summary_read
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Each time that a slot of an open hour was asked for once more, because less was
-- read of it than the service counts.
CREATE TABLE uptime_mend (
    slot        timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (slot, recorded_at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_mend
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON uptime_summary TO uptally_app;
GRANT SELECT, INSERT ON uptime_summary_read, uptime_mend TO uptally_app;
