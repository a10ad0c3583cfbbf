-- What the API reads often, added up once: what each supplier has of a sealed revision
-- and of an estimate, a revision's counts that everybody may see, and how many devices
-- were up in each slot of a closed hour.

-- +goose Up

-- One row a supplier with a line in a sealed revision.
CREATE TABLE snapshot_supplier (
    snapshot_id bigint      NOT NULL REFERENCES snapshot,
    supplier_id uuid        NOT NULL,
    devices     integer     NOT NULL CHECK (devices BETWEEN 1 AND lines),
    lines       integer     NOT NULL,
    observed    bigint      NOT NULL, -- slots
    up          bigint      NOT NULL CHECK (up BETWEEN 0 AND observed),
    grace       bigint      NOT NULL CHECK (grace BETWEEN 0 AND observed - up),
    points      numeric(39) NOT NULL CHECK (points >= 0),
    amount      bigint      NOT NULL CHECK (amount >= 0), -- base units
    outcomes    integer[]   NOT NULL CHECK (cardinality(outcomes) = 7), -- lines of snapshot.Outcome 1, 2 …
    PRIMARY KEY (supplier_id, snapshot_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshot_supplier
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The same of an estimate, which is replaced as a whole.
CREATE TABLE estimate_supplier (
    season      text        NOT NULL REFERENCES season,
    supplier_id uuid        NOT NULL,
    devices     integer     NOT NULL CHECK (devices BETWEEN 1 AND lines),
    lines       integer     NOT NULL,
    observed    bigint      NOT NULL,
    up          bigint      NOT NULL CHECK (up BETWEEN 0 AND observed),
    grace       bigint      NOT NULL CHECK (grace BETWEEN 0 AND observed - up),
    points      numeric(39) NOT NULL CHECK (points >= 0),
    amount      bigint      NOT NULL CHECK (amount >= 0),
    outcomes    integer[]   NOT NULL CHECK (cardinality(outcomes) = 7),
    PRIMARY KEY (supplier_id, season)
);

-- One row a sealed revision.
CREATE TABLE snapshot_total (
    snapshot_id bigint   PRIMARY KEY REFERENCES snapshot,
    devices     bigint   NOT NULL CHECK (devices >= 0),
    outcomes    bigint[] NOT NULL CHECK (cardinality(outcomes) = 7)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshot_total
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Sealed lines do not change, so neither do their sums.
-- +goose StatementBegin
CREATE FUNCTION snapshot_sum_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO snapshot_supplier (snapshot_id, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes)
    SELECT NEW.id, supplier_id, count(DISTINCT device), count(*), sum(observed), sum(up), sum(grace), sum(points), sum(amount),
        ARRAY[count(*) FILTER (WHERE outcome = 1), count(*) FILTER (WHERE outcome = 2), count(*) FILTER (WHERE outcome = 3),
            count(*) FILTER (WHERE outcome = 4), count(*) FILTER (WHERE outcome = 5), count(*) FILTER (WHERE outcome = 6),
            count(*) FILTER (WHERE outcome = 7)]
    FROM snapshot_line WHERE snapshot_id = NEW.id GROUP BY supplier_id;
    INSERT INTO snapshot_total (snapshot_id, devices, outcomes)
    SELECT NEW.id, (SELECT count(*) FROM (SELECT DISTINCT device FROM snapshot_line WHERE snapshot_id = NEW.id) one),
        coalesce((SELECT array_agg(n ORDER BY outcome) FROM (
            SELECT o.outcome, coalesce(sum(s.outcomes[o.outcome]), 0)::bigint AS n
            FROM generate_series(1, 7) o (outcome) LEFT JOIN snapshot_supplier s ON s.snapshot_id = NEW.id
            GROUP BY o.outcome) counted), array_fill(0::bigint, ARRAY[7]));
    RETURN NULL;
END $$;

CREATE FUNCTION estimate_sum_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO estimate_supplier (season, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes)
    SELECT NEW.season, supplier_id, count(DISTINCT device), count(*), sum(observed), sum(up), sum(grace), sum(points), sum(amount),
        ARRAY[count(*) FILTER (WHERE outcome = 1), count(*) FILTER (WHERE outcome = 2), count(*) FILTER (WHERE outcome = 3),
            count(*) FILTER (WHERE outcome = 4), count(*) FILTER (WHERE outcome = 5), count(*) FILTER (WHERE outcome = 6),
            count(*) FILTER (WHERE outcome = 7)]
    FROM estimate_line WHERE season = NEW.season GROUP BY supplier_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION estimate_clear(of_season text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM estimate_supplier WHERE season = of_season;
    DELETE FROM estimate_line WHERE season = of_season;
    DELETE FROM estimate WHERE season = of_season;
$$;
-- +goose StatementEnd

CREATE TRIGGER sum_up AFTER UPDATE ON snapshot FOR EACH ROW
    WHEN (NEW.state = 'sealed' AND OLD.state <> 'sealed') EXECUTE FUNCTION snapshot_sum_up();
CREATE TRIGGER sum_up AFTER INSERT ON estimate FOR EACH ROW EXECUTE FUNCTION estimate_sum_up();

-- Devices that sent a heartbeat in each slot of an hour, whatever their verdicts. It is
-- counted when the hour is closed, and again when it is closed once more.
CREATE TABLE uptime_population (
    hour timestamptz PRIMARY KEY REFERENCES uptime_coverage,
    up   integer[]   NOT NULL CHECK (cardinality(up) = 12 AND 0 <= ALL (up))
);

-- What was sealed, estimated and closed before.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE TEMPORARY TABLE again ON COMMIT DROP AS SELECT id FROM snapshot WHERE state = 'sealed';
    INSERT INTO snapshot_supplier (snapshot_id, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes)
    SELECT snapshot_id, supplier_id, count(DISTINCT device), count(*), sum(observed), sum(up), sum(grace), sum(points), sum(amount),
        ARRAY[count(*) FILTER (WHERE outcome = 1), count(*) FILTER (WHERE outcome = 2), count(*) FILTER (WHERE outcome = 3),
            count(*) FILTER (WHERE outcome = 4), count(*) FILTER (WHERE outcome = 5), count(*) FILTER (WHERE outcome = 6),
            count(*) FILTER (WHERE outcome = 7)]
    FROM snapshot_line WHERE snapshot_id IN (SELECT id FROM again) GROUP BY snapshot_id, supplier_id;
    INSERT INTO snapshot_total (snapshot_id, devices, outcomes)
    SELECT a.id, (SELECT count(DISTINCT device) FROM snapshot_line WHERE snapshot_id = a.id),
        (SELECT array_agg(n ORDER BY outcome) FROM (
            SELECT o.outcome, coalesce(sum(s.outcomes[o.outcome]), 0)::bigint AS n
            FROM generate_series(1, 7) o (outcome) LEFT JOIN snapshot_supplier s ON s.snapshot_id = a.id
            GROUP BY o.outcome) counted)
    FROM again a;
    INSERT INTO estimate_supplier (season, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes)
    SELECT season, supplier_id, count(DISTINCT device), count(*), sum(observed), sum(up), sum(grace), sum(points), sum(amount),
        ARRAY[count(*) FILTER (WHERE outcome = 1), count(*) FILTER (WHERE outcome = 2), count(*) FILTER (WHERE outcome = 3),
            count(*) FILTER (WHERE outcome = 4), count(*) FILTER (WHERE outcome = 5), count(*) FILTER (WHERE outcome = 6),
            count(*) FILTER (WHERE outcome = 7)]
    FROM estimate_line GROUP BY season, supplier_id;
    INSERT INTO uptime_population (hour, up)
    SELECT hour, ARRAY[sum(bit_count(substring(up FROM 1 FOR 1024))), sum(bit_count(substring(up FROM 1025 FOR 1024))),
            sum(bit_count(substring(up FROM 2049 FOR 1024))), sum(bit_count(substring(up FROM 3073 FOR 1024))),
            sum(bit_count(substring(up FROM 4097 FOR 1024))), sum(bit_count(substring(up FROM 5121 FOR 1024))),
            sum(bit_count(substring(up FROM 6145 FOR 1024))), sum(bit_count(substring(up FROM 7169 FOR 1024))),
            sum(bit_count(substring(up FROM 8193 FOR 1024))), sum(bit_count(substring(up FROM 9217 FOR 1024))),
            sum(bit_count(substring(up FROM 10241 FOR 1024))), sum(bit_count(substring(up FROM 11265 FOR 1024)))]
    FROM uptime_chunk JOIN uptime_coverage USING (hour) WHERE closed_at IS NOT NULL GROUP BY hour;
END $$;
-- +goose StatementEnd

-- Sums of one supplier's own.
-- +goose StatementBegin
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['snapshot_supplier', 'estimate_supplier'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY owner ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', kept);
        EXECUTE format('CREATE POLICY app ON %I TO uptally_app USING (true) WITH CHECK (true)', kept);
        EXECUTE format('CREATE POLICY own ON %I FOR SELECT TO uptally_supplier USING (supplier_id = current_setting(''uptally.supplier'')::uuid)', kept);
    END LOOP;
END $$;
-- +goose StatementEnd

-- A line that was sealed stands, also where the device is not its supplier's by what is
-- believed now, so that supplier_device does not have it. These tell the id of such a
-- device to whoever has a line of it that they may see, and its number: NULL to others.
-- +goose StatementBegin
CREATE FUNCTION supplier_has_line(of_device integer) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM supplier_device WHERE device = of_device AND supplier_id = current_setting('uptally.supplier')::uuid)
        OR EXISTS (SELECT FROM snapshot s JOIN snapshot_line l ON l.snapshot_id = s.id AND l.shard = of_device / 1024 AND l.device = of_device
                   WHERE s.state = 'sealed' AND l.supplier_id = current_setting('uptally.supplier')::uuid)
        OR EXISTS (SELECT FROM estimate s JOIN estimate_line l ON l.season = s.season AND l.device = of_device
                   WHERE l.supplier_id = current_setting('uptally.supplier')::uuid);
$$;
CREATE FUNCTION supplier_line_device(of_device integer) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM device WHERE number = of_device AND supplier_has_line(number);
$$;
CREATE FUNCTION supplier_line_number(of_id uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT number FROM device WHERE id = of_id AND supplier_has_line(number);
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION supplier_has_line(integer), supplier_line_device(integer), supplier_line_number(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION supplier_line_device(integer), supplier_line_number(uuid) TO uptally_supplier;

-- supplier_timeline, with its bits in place: << and | are of one precedence and are
-- read from the left, so that each << here shifts all the slots before it.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION supplier_timeline(of_device uuid, from_slot bigint, to_slot bigint,
    OUT device integer, OUT up bytea, OUT observed bytea, OUT owned bytea)
RETURNS SETOF record LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan ROWS 1 AS $$
#variable_conflict use_variable
DECLARE
    me         CONSTANT uuid        := current_setting('uptally.supplier')::uuid;
    first_hour CONSTANT bigint      := floor(from_slot / 12.0);
    end_hour   CONSTANT bigint      := ceil(to_slot / 12.0);
    starts     CONSTANT timestamptz := to_timestamp(first_hour * 3600);
    ends       CONSTANT timestamptz := to_timestamp(end_hour * 3600);
    froms      bigint[]; -- the runs of slots that are theirs, as far as they lie in the span
    tos        bigint[];
    lane       integer;
BEGIN
    IF to_slot <= from_slot OR to_slot - from_slot > 92 * 288 THEN
        RAISE EXCEPTION 'slots % to %: give a span of 1 slot to 92 days', from_slot, to_slot
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT d.device, array_agg(greatest(d.from_slot, $2)), array_agg(least(d.to_slot, $3)) INTO device, froms, tos
    FROM supplier_device d WHERE d.supplier_id = me AND d.device_id = of_device GROUP BY d.device;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    lane := device & 1023;
    SELECT string_agg(int2send((hour.mask & coalesce(chunk.bits, 0))::smallint), ''),
           string_agg(int2send((hour.mask & coalesce(coverage.bits, 0))::smallint), ''),
           string_agg(int2send(hour.mask::smallint), '')
    INTO up, observed, owned
    FROM (SELECT to_timestamp(h * 3600) AS at, (
              SELECT sum((4095 >> least(greatest(f - h * 12, 0), 12)::integer) - (4095 >> least(greatest(t - h * 12, 0), 12)::integer))
              FROM unnest(froms, tos) AS run (f, t) WHERE f < t)::integer AS mask
          FROM generate_series(first_hour, end_hour - 1) AS h OFFSET 0) hour
    LEFT JOIN (SELECT c.hour AS at,
              get_bit(c.up, lane) << 1 | get_bit(c.up, lane + 1024) << 1 | get_bit(c.up, lane + 2048) << 1
              | get_bit(c.up, lane + 3072) << 1 | get_bit(c.up, lane + 4096) << 1 | get_bit(c.up, lane + 5120) << 1
              | get_bit(c.up, lane + 6144) << 1 | get_bit(c.up, lane + 7168) << 1 | get_bit(c.up, lane + 8192) << 1
              | get_bit(c.up, lane + 9216) << 1 | get_bit(c.up, lane + 10240) << 1 | get_bit(c.up, lane + 11264) AS bits
          FROM uptime_chunk c WHERE c.shard = device >> 10 AND c.hour >= starts AND c.hour < ends OFFSET 0) chunk USING (at)
    LEFT JOIN (SELECT v.hour AS at, v.observed::integer AS bits
          FROM uptime_coverage v WHERE v.hour >= starts AND v.hour < ends OFFSET 0) coverage USING (at);
    RETURN NEXT;
END $$;
-- +goose StatementEnd

-- What everybody may see, who is nobody to row security: the tables below stay closed
-- to uptally_supplier without a supplier, and these are all that it reads then.
CREATE VIEW public_season AS
SELECT q.code, q.first_day, q.last_day, q.pool, r.name AS ruleset, r.version AS ruleset_version, r.sha256 AS ruleset_sha256,
    s.revision, s.as_of, s.sealed_at, s.points, s.allocated, s.residual, s.drawn, s.lines, s.suppliers, s.observed_slots, s.season_slots,
    s.digest, t.devices, t.outcomes
FROM season q
JOIN ruleset r ON r.sha256 = q.ruleset
LEFT JOIN LATERAL (SELECT * FROM snapshot WHERE season = q.code AND state = 'sealed' ORDER BY revision DESC LIMIT 1) s ON true
LEFT JOIN snapshot_total t ON t.snapshot_id = s.id;
CREATE VIEW public_ruleset AS SELECT name, version, sha256, toml FROM ruleset;
CREATE VIEW public_population AS
SELECT p.hour, p.up, c.observed FROM uptime_population p JOIN uptime_coverage c ON c.hour = p.hour WHERE c.closed_at IS NOT NULL;

GRANT SELECT ON snapshot_supplier, snapshot_total, estimate_supplier TO uptally_app;
GRANT SELECT, INSERT, UPDATE ON uptime_population TO uptally_app;
GRANT SELECT (snapshot_id, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes) ON snapshot_supplier TO uptally_supplier;
GRANT SELECT (season, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes) ON estimate_supplier TO uptally_supplier;
GRANT SELECT ON public_season, public_ruleset, public_population TO uptally_app, uptally_supplier;
GRANT SELECT (journal) ON distribution TO uptally_supplier;
