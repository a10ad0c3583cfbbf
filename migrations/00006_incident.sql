-- What happened to everybody at once? Collapses of the population and surges of
-- untrusted changes, as they were found, and what persons decided on them.

-- +goose Up

-- An incident keeps its number however often it is found again.
CREATE TABLE incident (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('collapse', 'surge')),
    opened      timestamptz NOT NULL CHECK (extract(epoch FROM opened) % 300 = 0), -- start of a slot
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (kind, opened),
    UNIQUE (id, kind, opened)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Each time that incidents were looked for as of a moment, and what that stood on.
CREATE TABLE incident_scan (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    as_of       timestamptz NOT NULL CHECK (isfinite(as_of)),
    last_pull   bigint      NOT NULL, -- number of the last pass merged by then; 0: none
    pulls       bigint      NOT NULL CHECK (pulls >= 0),    -- passes merged by then
    observed    bigint      NOT NULL CHECK (observed >= 0), -- slots
    last_end    bigint      NOT NULL, -- number of the last incident_end; 0: none
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX incident_scan_as_of ON incident_scan (as_of, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_scan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An incident as a scan found it. Moments are starts of slots; ends are exclusive.
CREATE TABLE incident_reading (
    scan             bigint      NOT NULL REFERENCES incident_scan,
    incident         bigint      NOT NULL,
    kind             text        NOT NULL,
    opened           timestamptz NOT NULL,
    ends             timestamptz CHECK (ends > opened), -- null while it lasts
    baseline         bigint CHECK (baseline > 0),       -- devices
    lowest           bigint CHECK (lowest >= 0 AND lowest < baseline),
    lowest_at        timestamptz CHECK (lowest_at >= opened),
    recovered        timestamptz CHECK (recovered > opened),
    closed           timestamptz CHECK (closed > recovered),
    accepted_end     timestamptz,
    half_back        timestamptz CHECK (half_back > lowest_at),
    nine_tenths_back timestamptz CHECK (nine_tenths_back >= half_back),
    vanished         bigint CHECK (vanished >= 0),      -- devices
    returned         bigint CHECK (returned BETWEEN 0 AND vanished),
    devices          bigint CHECK (devices > 0),        -- changed in a surge
    changes          bigint CHECK (changes >= devices),
    curve_from       timestamptz NOT NULL,
    curve_step       integer     NOT NULL CHECK (curve_step >= 1), -- slots a point
    curve            bigint[]    NOT NULL,                         -- -1: no slot of the point was observed
    PRIMARY KEY (scan, incident),
    FOREIGN KEY (incident, kind, opened) REFERENCES incident (id, kind, opened),
    CHECK (num_nonnulls(baseline, lowest, lowest_at, vanished, returned) = CASE kind WHEN 'collapse' THEN 5 ELSE 0 END),
    CHECK (num_nonnulls(devices, changes) = CASE kind WHEN 'surge' THEN 2 ELSE 0 END),
    CHECK (kind = 'collapse' OR num_nonnulls(recovered, closed, accepted_end, half_back, nine_tenths_back) = 0),
    CHECK ((recovered IS NULL) = (closed IS NULL)),
    CHECK (CASE kind WHEN 'collapse' THEN ends IS NOT DISTINCT FROM coalesce(accepted_end, recovered) ELSE ends IS NOT NULL END)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A person's word that an incident changes nothing for a season.
CREATE TABLE incident_dismissal (
    incident    bigint      NOT NULL REFERENCES incident,
    season      text        NOT NULL REFERENCES season,
    reason      text        NOT NULL CHECK (reason <> ''),
    person_id   bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (incident, season)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_dismissal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A person's word that from a slot on the level is accepted. The last one counts.
CREATE TABLE incident_end (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident    bigint      NOT NULL,
    kind        text        NOT NULL CHECK (kind = 'collapse'),
    opened      timestamptz NOT NULL,
    ends        timestamptz NOT NULL CHECK (ends > opened AND extract(epoch FROM ends) % 300 = 0),
    reason      text        NOT NULL CHECK (reason <> ''),
    person_id   bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (incident, kind, opened) REFERENCES incident (id, kind, opened)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The incidents that stand between a season and its seal: those that concern it, by
-- what any scan as of the moment found, and that no approved window of it, no holds
-- and no dismissal resolves. What one scan found, another as of the same moment
-- cannot hide; only the end that a person set last stands for all of them. Bounds of
-- the season are starts of its first day and of the day after its last. Without a
-- scan as of the moment that knows every end that a person set, nothing can be said:
-- it fails.
-- +goose StatementBegin
CREATE FUNCTION incident_unresolved(of_season text, season_from timestamptz, season_to timestamptz, moment timestamptz)
RETURNS bigint[] LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    newest incident_scan;
BEGIN
    SELECT * INTO newest FROM incident_scan WHERE as_of = moment ORDER BY id DESC LIMIT 1;
    IF newest.id IS NULL OR newest.last_end < (SELECT coalesce(max(id), 0) FROM incident_end) THEN
        RAISE EXCEPTION 'incidents as of % are not known for season %: look for them first', moment, of_season
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN ARRAY(
        SELECT DISTINCT r.incident
        FROM incident_scan s
        JOIN incident_reading found ON found.scan = s.id
        CROSS JOIN LATERAL (
            SELECT found.incident, found.kind, found.opened, coalesce(
                (SELECT e.ends FROM incident_end e WHERE e.incident = found.incident ORDER BY e.id DESC LIMIT 1),
                found.ends) AS ends) r
        WHERE s.as_of = moment
          AND CASE r.kind
              WHEN 'collapse' THEN r.opened < season_to + interval '1 day' AND coalesce(r.ends, 'infinity') > season_from
              ELSE r.opened < season_to END
          AND NOT EXISTS (SELECT FROM incident_dismissal d WHERE d.incident = r.incident AND d.season = of_season)
          AND NOT CASE r.kind
              WHEN 'collapse' THEN EXISTS (
                  SELECT FROM grace_approval a, LATERAL ( -- as slots: the first that starts at or after the instant
                      SELECT date_bin('5 minutes', a.window_from + interval '299.999999 seconds', 'epoch') AS w0,
                             date_bin('5 minutes', a.window_to + interval '299.999999 seconds', 'epoch') AS w1) slots
                  WHERE a.season = of_season AND a.recorded_at <= moment
                    AND greatest(w0, season_from) < least(w1, season_to)
                    AND greatest(w0, r.opened) < least(w1, r.ends))
              ELSE coalesce((
                  SELECT range_agg(tstzrange(h.held_from, h.held_to)) @> tstzrange(r.opened, r.ends)
                  FROM metadata_hold h WHERE h.recorded_at <= moment), false) END
        ORDER BY r.incident);
END $$;
-- +goose StatementEnd

GRANT SELECT, INSERT ON incident, incident_scan, incident_reading, incident_dismissal, incident_end TO uptally_app;
GRANT EXECUTE ON FUNCTION incident_unresolved(text, timestamptz, timestamptz, timestamptz) TO uptally_app;
