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
-- window that the revision does not count, unless two people said so.
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
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER never_undecided BEFORE UPDATE ON snapshot FOR EACH ROW
    WHEN (NEW.state = 'sealed' AND OLD.state <> 'sealed') EXECUTE FUNCTION snapshot_refuse_undecided();

GRANT SELECT, INSERT ON snapshot_override, snapshot_override_approval TO uptally_app;
