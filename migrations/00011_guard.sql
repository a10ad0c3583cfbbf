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

-- No path leads to a seal over an incident that nobody has decided on, or past a
-- window that the revision does not count, unless two people said so; nor to one of
-- what was not posted.
-- +goose StatementBegin
CREATE FUNCTION snapshot_refuse_undecided() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    bars text;
BEGIN
    SELECT string_agg(bar.code, ', ') INTO bars FROM (
        SELECT CASE i.kind WHEN 'surge' THEN 'surge ' ELSE 'incident ' END || i.id AS code
        FROM season s, incident i
        WHERE s.code = NEW.season AND i.id = ANY (incident_unresolved(NEW.season,
            s.first_day::timestamp AT TIME ZONE 'UTC', (s.last_day + 1)::timestamp AT TIME ZONE 'UTC', NEW.as_of))
        UNION ALL
        SELECT 'grace_counted' WHERE EXISTS (SELECT FROM grace_approval a WHERE a.season = NEW.season AND a.recorded_at > NEW.as_of)
    ) bar
    WHERE NOT EXISTS (SELECT FROM snapshot_override o JOIN snapshot_override_approval a ON a.override_id = o.id
                      WHERE o.snapshot_id = NEW.id AND bar.code = ANY (o.guards));
    IF bars IS NOT NULL THEN
        RAISE EXCEPTION 'snapshot %/r% is not sealed over %: decide on each first', NEW.season, NEW.revision, bars
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM ledger_journal j
                   WHERE j.season = NEW.season AND j.revision = NEW.revision AND j.subject_digest = NEW.digest) THEN
        RAISE EXCEPTION 'snapshot %/r% is not in the ledger: post it first', NEW.season, NEW.revision
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER never_undecided BEFORE UPDATE ON snapshot FOR EACH ROW
    WHEN (NEW.state = 'sealed' AND OLD.state <> 'sealed') EXECUTE FUNCTION snapshot_refuse_undecided();

-- Nor does one lead around: a revision begins by being taken, as of the moment that
-- was just fixed.
-- +goose StatementBegin
CREATE FUNCTION snapshot_refuse_ready() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'taking' OR NEW.as_of IS DISTINCT FROM (SELECT as_of FROM fact_horizon) THEN
        RAISE EXCEPTION 'snapshot %/r% cannot begin as %, as of %: take it', NEW.season, NEW.revision, NEW.state, NEW.as_of
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER begins_by_taking BEFORE INSERT ON snapshot FOR EACH ROW EXECUTE FUNCTION snapshot_refuse_ready();

-- That moment is never set back.
-- +goose StatementBegin
CREATE FUNCTION fact_refuse_back() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the horizon of facts is %: it does not go back to %', OLD.as_of, NEW.as_of
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER never_back BEFORE UPDATE ON fact_horizon FOR EACH ROW
    WHEN (NEW.as_of < OLD.as_of) EXECUTE FUNCTION fact_refuse_back();

-- And what persons decide is recorded after it, so that no decision turns up in a
-- revision that was taken before it. Whoever records holds the shared lock of facts.
-- +goose StatementBegin
CREATE FUNCTION fact_refuse_backdated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('facts'));
    IF NEW.recorded_at <= (SELECT as_of FROM fact_horizon) THEN
        RAISE EXCEPTION 'a row of % cannot be recorded as of %: that was read already; stamp it with fact_stamp()', TG_TABLE_NAME, NEW.recorded_at
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER never_backdated BEFORE INSERT ON metadata_hold FOR EACH ROW EXECUTE FUNCTION fact_refuse_backdated();
CREATE TRIGGER never_backdated BEFORE INSERT ON metadata_release FOR EACH ROW EXECUTE FUNCTION fact_refuse_backdated();
CREATE TRIGGER never_backdated BEFORE INSERT ON metadata_refusal FOR EACH ROW EXECUTE FUNCTION fact_refuse_backdated();
CREATE TRIGGER never_backdated BEFORE INSERT ON grace_window FOR EACH ROW EXECUTE FUNCTION fact_refuse_backdated();
CREATE TRIGGER never_backdated BEFORE INSERT ON grace_approval FOR EACH ROW EXECUTE FUNCTION fact_refuse_backdated();

GRANT SELECT, INSERT ON snapshot_override, snapshot_override_approval TO uptally_app;
