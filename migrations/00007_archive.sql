-- What people add to what was pulled: verdicts by hand, hours opened again, and
-- uptime from before the network was pulled.

-- +goose Up

-- Verdicts by hand are numbered as they are entered, on whichever device, so that
-- people who enter some at one time never wait for each other.
CREATE SEQUENCE verdict_by_hand;
CREATE INDEX verdict_by_hand_recorded ON verdict (recorded_at) WHERE by_hand;
GRANT USAGE ON SEQUENCE verdict_by_hand TO uptally_app;
ALTER TABLE verdict ADD CONSTRAINT verdict_by_hand_reasoned
    CHECK (NOT by_hand OR (reason <> '' AND evidence <> ''));

-- Closed hours that a person proposes to open again: [hour_from, hour_to).
CREATE TABLE uptime_reopening (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hour_from   timestamptz NOT NULL CHECK (extract(epoch FROM hour_from) % 3600 = 0),
    hour_to     timestamptz NOT NULL CHECK (extract(epoch FROM hour_to) % 3600 = 0),
    reason      text        NOT NULL CHECK (reason <> ''),
    proposed_by bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    CHECK (hour_to > hour_from),
    UNIQUE (id, hour_from, hour_to, proposed_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_reopening
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Another person's approval. It repeats what it approves, so that the database
-- itself refuses an approval of one's own.
CREATE TABLE uptime_reopening_approval (
    reopening   bigint      PRIMARY KEY,
    hour_from   timestamptz NOT NULL,
    hour_to     timestamptz NOT NULL,
    proposed_by bigint      NOT NULL,
    approved_by bigint      NOT NULL REFERENCES person CHECK (approved_by <> proposed_by),
    recorded_at timestamptz NOT NULL,
    FOREIGN KEY (reopening, hour_from, hour_to, proposed_by)
        REFERENCES uptime_reopening (id, hour_from, hour_to, proposed_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_reopening_approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A closed hour is opened again once for each approved reopening that covers it,
-- keeps what was observed, and changes in no other way.
-- +goose StatementBegin
CREATE FUNCTION uptime_refuse_reopening() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    approved integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'hour % is new: it cannot have been reopened % times', NEW.hour, NEW.reopened
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT count(*) INTO approved FROM uptime_reopening_approval
        WHERE hour_from <= OLD.hour AND OLD.hour < hour_to;
    IF NEW.hour <> OLD.hour OR OLD.closed_at IS NULL OR NEW.closed_at IS NOT NULL OR NEW.reopened <> OLD.reopened + 1
        OR NEW.observed <> OLD.observed OR NEW.reopened > approved
    THEN
        RAISE EXCEPTION 'hour %, closed at % and reopened % times, is not opened again but by another of the % approved reopenings that cover it; propose one first',
            OLD.hour, OLD.closed_at, OLD.reopened, approved
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER reopened BEFORE UPDATE ON uptime_coverage FOR EACH ROW
    WHEN (NEW.hour <> OLD.hour OR NEW.reopened <> OLD.reopened
          OR OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    EXECUTE FUNCTION uptime_refuse_reopening();
CREATE TRIGGER never_reopened BEFORE INSERT ON uptime_coverage FOR EACH ROW
    WHEN (NEW.reopened <> 0) EXECUTE FUNCTION uptime_refuse_reopening();

-- A folder of archived pages that a person proposes to import, as its manifest
-- describes it and a reading of all its files found it.
CREATE TABLE uptime_archive (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source          text        NOT NULL CHECK (source <> ''),
    manifest_sha256 bytea       NOT NULL CHECK (length(manifest_sha256) = 32),
    files           bigint      NOT NULL CHECK (files >= 1),
    heartbeats      bigint      NOT NULL CHECK (heartbeats >= 0),
    out_of_window   bigint      NOT NULL CHECK (out_of_window BETWEEN 0 AND heartbeats), -- of no complete span
    proposed_by     bigint      NOT NULL REFERENCES person,
    recorded_at     timestamptz NOT NULL,
    UNIQUE (id, manifest_sha256, proposed_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_archive
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The spans that its manifest declares complete: [span_from, span_to), whole slots.
CREATE TABLE uptime_archive_span (
    archive   bigint      NOT NULL REFERENCES uptime_archive,
    span_from timestamptz NOT NULL CHECK (extract(epoch FROM span_from) % 300 = 0),
    span_to   timestamptz NOT NULL CHECK (extract(epoch FROM span_to) % 300 = 0),
    PRIMARY KEY (archive, span_from),
    CHECK (span_to > span_from),
    EXCLUDE USING gist (archive WITH =, tstzrange(span_from, span_to) WITH &&)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_archive_span
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Another person's approval, with which the archive was merged.
CREATE TABLE uptime_archive_approval (
    archive         bigint      PRIMARY KEY,
    manifest_sha256 bytea       NOT NULL,
    proposed_by     bigint      NOT NULL,
    approved_by     bigint      NOT NULL REFERENCES person CHECK (approved_by <> proposed_by),
    recorded_at     timestamptz NOT NULL,
    FOREIGN KEY (archive, manifest_sha256, proposed_by)
        REFERENCES uptime_archive (id, manifest_sha256, proposed_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON uptime_archive_approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The archive that a pass was read from; none: the network. By the end of its
-- transaction the archive must be approved.
ALTER TABLE uptime_pull ADD COLUMN archive bigint REFERENCES uptime_archive_approval DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX uptime_pull_archive ON uptime_pull (archive) WHERE archive IS NOT NULL;

GRANT SELECT, INSERT ON
    uptime_reopening, uptime_reopening_approval, uptime_archive, uptime_archive_span, uptime_archive_approval
TO uptally_app;
