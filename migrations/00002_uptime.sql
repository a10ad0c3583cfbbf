-- Was it there? Bits, coverage, passes, and the logs of devices.

-- +goose Up

-- One hour of one shard: bit index = slot in hour * 1024 + lane. Rows are 1.5 KB,
-- inline; half-filled pages leave room to merge in place. The shard stands first
-- in the key, and no trigger, foreign key or unique index without it is on the
-- table, so that it can be distributed by shard.
CREATE TABLE uptime_chunk (
    shard integer     NOT NULL CHECK (shard >= 0),
    hour  timestamptz NOT NULL,
    up    bit(12288)  NOT NULL,
    PRIMARY KEY (shard, hour)
) PARTITION BY RANGE (hour);
ALTER TABLE uptime_chunk ALTER COLUMN up SET STORAGE PLAIN;

-- Makes the monthly partitions that hold [from, to). Called when a span is
-- requested, never inside a merge.
-- +goose StatementBegin
CREATE FUNCTION uptime_make_partitions(span_from timestamptz, span_to timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month     timestamptz := date_trunc('month', span_from, 'UTC');
    partition text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('uptime_make_partitions'));
    WHILE month < span_to LOOP
        partition := 'uptime_chunk_' || to_char(month, 'YYYYMM');
        IF to_regclass(partition) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE uptime_chunk INCLUDING ALL) WITH (fillfactor = 50)', partition);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO uptally_app', partition);
            EXECUTE format('ALTER TABLE uptime_chunk ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           partition, month, month + interval '1 month');
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;
-- +goose StatementEnd

-- Which slots have been pulled in full (observed), and which are not waited for
-- any longer (final): read a day after they ended, or given up on. A row stands
-- from when its hour is first requested. A closed hour's chunks never change.
CREATE TABLE uptime_coverage (
    hour      timestamptz PRIMARY KEY,
    observed  bit(12)     NOT NULL DEFAULT B'000000000000',
    final     bit(12)     NOT NULL DEFAULT B'000000000000',
    closed_at timestamptz CHECK (closed_at IS NULL OR final = B'111111111111'),
    reopened  integer     NOT NULL DEFAULT 0 CHECK (reopened >= 0)
);
-- A closed hour's slots change only by being opened again.
-- +goose StatementBegin
CREATE FUNCTION uptime_refuse_closed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'hour % is closed: its slots do not change; reopen it first', OLD.hour
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER closed BEFORE UPDATE ON uptime_coverage FOR EACH ROW
    WHEN (OLD.closed_at IS NOT NULL AND NEW.closed_at IS NOT NULL
          AND (OLD.observed, OLD.final) IS DISTINCT FROM (NEW.observed, NEW.final))
    EXECUTE FUNCTION uptime_refuse_closed();
CREATE INDEX uptime_coverage_open ON uptime_coverage (hour) WHERE closed_at IS NULL;

-- Every pass over a window, whole or failed: the account of what was read.
CREATE TABLE uptime_pull (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    window_from   timestamptz NOT NULL,
    window_to     timestamptz NOT NULL CHECK (window_to > window_from),
    pages         bigint      NOT NULL CHECK (pages >= 0),
    heartbeats    bigint      NOT NULL CHECK (heartbeats >= 0),
    accepted      bigint      NOT NULL CHECK (accepted >= 0),
    unknown       bigint      NOT NULL CHECK (unknown >= 0),
    out_of_window bigint      NOT NULL CHECK (out_of_window >= 0),
    late          bigint      NOT NULL CHECK (late >= 0), -- accepted, but of an hour closed by then
    bodies_sha256 bytea       NOT NULL CHECK (length(bodies_sha256) = 32),
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz NOT NULL CHECK (ended_at >= started_at),
    outcome       text        NOT NULL CHECK (outcome IN ('merged', 'malformed', 'unauthorised', 'unavailable')),
    cause         text        NOT NULL,
    CHECK ((outcome = 'merged') = (cause = '')),
    CHECK (outcome <> 'merged' OR heartbeats = accepted + unknown + out_of_window + late)
);
CREATE INDEX uptime_pull_window ON uptime_pull (window_to, window_from);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_pull
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Slots that are not waited for any longer: by themselves after bounded tries, or
-- by a person.
CREATE TABLE uptime_given_up (
    slot        timestamptz PRIMARY KEY,
    person_id   bigint REFERENCES person, -- none: by itself
    reason      text        NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_given_up
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How far each log has been read.
CREATE TABLE uptime_log (
    name        text        PRIMARY KEY CHECK (name IN ('changes', 'verdicts')),
    cursor      text        NOT NULL, -- '' before the first page
    rows        bigint      NOT NULL CHECK (rows >= 0),
    read_to_end timestamptz NOT NULL, -- when the log was last seen to have no more
    recorded_at timestamptz NOT NULL  -- the last stamp given to a row of it
);
INSERT INTO uptime_log (name, cursor, rows, read_to_end, recorded_at)
VALUES ('changes', '', 0, '-infinity', '-infinity'), ('verdicts', '', 0, '-infinity', '-infinity');

-- A registered device, and the facts it was registered with. Its number is its
-- registration's rank in the log.
CREATE TABLE device (
    number        integer     PRIMARY KEY CHECK (number >= 0),
    id            uuid        NOT NULL UNIQUE,
    seq           bigint      NOT NULL UNIQUE,
    registered_at timestamptz NOT NULL,
    channel       text        NOT NULL CHECK (channel = 'registration'),
    supplier_id   uuid        NOT NULL,
    gpu_model     text        NOT NULL,
    gpu_count     integer     NOT NULL CHECK (gpu_count >= 1),
    connectivity  text        NOT NULL,
    device_name   text,
    status        text,
    recorded_at   timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON device
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A later change of a registered device: a null field did not change.
CREATE TABLE device_change (
    device       integer     NOT NULL REFERENCES device,
    seq          bigint      NOT NULL UNIQUE,
    changed_at   timestamptz NOT NULL,
    channel      text        NOT NULL CHECK (channel IN ('registration', 'user', 'worker-api')),
    supplier_id  uuid,
    gpu_model    text,
    gpu_count    integer CHECK (gpu_count >= 1),
    connectivity text,
    device_name  text,
    status       text,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (device, seq)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON device_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A proof-of-work decision on a device; the last by (decided_at, by_hand, seq) counts.
CREATE TABLE verdict (
    device       integer     NOT NULL REFERENCES device,
    by_hand      boolean     NOT NULL,
    seq          bigint      NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('spoofed', 'genuine')),
    effective_at timestamptz NOT NULL,
    decided_at   timestamptz NOT NULL,
    reason       text        NOT NULL,
    evidence     text        NOT NULL,
    person_id    bigint REFERENCES person,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (device, by_hand, seq),
    CHECK (by_hand = (person_id IS NOT NULL))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verdict
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Minutes of paid compute of a device on a UTC day, a new row when they differ;
-- the last recorded counts.
CREATE TABLE job_minutes (
    device      integer     NOT NULL REFERENCES device,
    day         date        NOT NULL,
    minutes     integer     NOT NULL CHECK (minutes >= 0),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (device, day, recorded_at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON job_minutes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Each whole reading of a day's job minutes.
CREATE TABLE job_minutes_read (
    day         date        NOT NULL,
    rows        bigint      NOT NULL CHECK (rows >= 0),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (day, recorded_at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON job_minutes_read
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Log rows of devices that no registration has named yet, as they came. They
-- become facts, recorded then, when the registration is read.
CREATE TABLE device_orphan (
    log         text        NOT NULL CHECK (log IN ('changes', 'verdicts', 'job-minutes')),
    device_id   uuid        NOT NULL,
    key         text        NOT NULL, -- the row's place in its log
    body        jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, log, key)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON device_orphan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
