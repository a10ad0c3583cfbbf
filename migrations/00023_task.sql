-- Tasks: work asked for over HTTP that takes longer than an answer may. A job does
-- it; here stands what was asked for, and what came of it.

-- +goose Up

-- What was asked for, by whom.
CREATE TABLE task (
    id        uuid        PRIMARY KEY,
    kind      text        NOT NULL CHECK (kind IN ('preview', 'prepare', 'approve_cancel', 'settle_receipts', 'settle_funding',
                              'settle_chain', 'reconcile_chain', 'import_wallets')),
    arguments jsonb       NOT NULL CHECK (jsonb_typeof(arguments) = 'object'),
    input     bytea       CHECK (length(input) <= 33554432), -- a file that came with it: 32 MiB
    asked_by  bigint      NOT NULL REFERENCES person, -- in whose name it is done
    asked_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX task_newest ON task (asked_at, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Each time that a worker began it: once, or again after one was killed.
CREATE TABLE task_start (
    task       uuid        NOT NULL REFERENCES task,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (task, started_at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task_start
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How it ended, once: in the transaction of the act itself, where that is one.
CREATE TABLE task_end (
    task     uuid        PRIMARY KEY REFERENCES task,
    outcome  text        NOT NULL CHECK (outcome IN ('done', 'failed')),
    result   jsonb       CHECK (jsonb_typeof(result) = 'object'),
    refusal  text        CHECK (refusal ~ '^[a-z]+(-[a-z]+)*$'), -- which kind of refusal it failed with
    error    text        CHECK (error <> ''), -- for whoever asked to read
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((outcome = 'done') = (result IS NOT NULL)),
    CHECK ((outcome = 'failed') = (refusal IS NOT NULL)),
    CHECK ((refusal IS NULL) = (error IS NULL))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON task, task_start, task_end TO uptally_app;
