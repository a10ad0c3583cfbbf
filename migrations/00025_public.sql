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

-- What everybody may see, whoever asks: counts, of what is sealed or closed.
-- +goose StatementBegin
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['snapshot_total', 'uptime_population'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY owner ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', kept);
        EXECUTE format('CREATE POLICY app ON %I TO uptally_app USING (true) WITH CHECK (true)', kept);
        EXECUTE format('CREATE POLICY everybody ON %I FOR SELECT TO uptally_supplier USING (true)', kept);
    END LOOP;
END $$;
-- +goose StatementEnd

GRANT SELECT ON snapshot_supplier, snapshot_total, estimate_supplier TO uptally_app;
GRANT SELECT, INSERT, UPDATE ON uptime_population TO uptally_app;
GRANT SELECT (snapshot_id, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes) ON snapshot_supplier TO uptally_supplier;
GRANT SELECT (season, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes) ON estimate_supplier TO uptally_supplier;
GRANT SELECT (snapshot_id, devices, outcomes) ON snapshot_total TO uptally_supplier;
GRANT SELECT (hour, up) ON uptime_population TO uptally_supplier;
GRANT SELECT (journal) ON distribution TO uptally_supplier;
