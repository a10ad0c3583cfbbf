-- A day that is over reads quicker by device: a device's timeline is one row a day, where
-- chunks are 24.

-- +goose Up

-- A closed day of 32 devices: device number = strip * 32 + place, place 0 to 31. Each has
-- 36 bytes in up, a bit a slot, the day's first slot the highest of the first byte; so
-- has observed, which is of the day. What it says is what the chunks and the coverage of
-- the day's 24 hours say, all of which are closed; none if one is opened again.
CREATE TABLE uptime_strip (
    strip    integer NOT NULL CHECK (strip >= 0),
    day      date    NOT NULL,
    observed bytea   NOT NULL CHECK (length(observed) = 36),
    up       bytea   NOT NULL CHECK (length(up) = 1152),
    PRIMARY KEY (strip, day)
);
ALTER TABLE uptime_strip ALTER COLUMN observed SET STORAGE PLAIN, ALTER COLUMN up SET STORAGE PLAIN;
GRANT SELECT, INSERT ON uptime_strip TO uptally_app;

-- Whoever cuts a day locks its coverage, so that no hour is opened meanwhile.
-- +goose StatementBegin
CREATE FUNCTION uptime_drop_strips() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone CONSTANT date := (NEW.hour AT TIME ZONE 'UTC')::date;
BEGIN
    -- Of the hours of a day, the first takes all strips out, each by its key.
    IF EXISTS (SELECT FROM uptime_strip WHERE strip = 0 AND day = gone) THEN
        DELETE FROM uptime_strip s USING generate_series(0, (SELECT max(number) / 32 FROM device)) AS of (strip)
        WHERE s.strip = of.strip AND s.day = gone;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION uptime_drop_strips() FROM PUBLIC;
CREATE TRIGGER strips_dropped AFTER UPDATE ON uptime_coverage FOR EACH ROW
    WHEN (OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL) EXECUTE FUNCTION uptime_drop_strips();

DROP FUNCTION supplier_timeline(uuid, bigint, bigint);
ALTER TABLE supplier_device DROP COLUMN lane;

-- The bits of one device in the hours [from_hour, to_hour), counted from 1970 UTC, as far
-- as its slots are the supplier's; its last verdict and, if that is spoofed, which
-- seasons meet the hours; and which approved grace windows do. No row if the device was
-- never theirs. Chunks and strips hold many suppliers' devices, so that this is the only
-- way to any bit.
--
-- days are whole days from that of from_hour on, as far as there are strips, if all of
-- the days is theirs: 36 bytes of up, then 36 of observed. up and observed have a number
-- for each hour after them that has a chunk, or was requested, in no order: 4096 times
-- its place from from_hour on, 0 the first, and 12 bits, 2048 for the hour's first slot
-- down to 1 for its last. Bits of slots that are not theirs are 0; owned has such a number
-- for each of the hours, in order, which says whose they are, or is null if all are theirs.
--
-- One plan serves every call, whose partitions are chosen as it begins: to plan anew for
-- the span at hand took three times as long as a day's bits. It takes every span for
-- short, so that nothing is joined hour by hour. Most of a call is the starting of its
-- plans, so they are few, and each has few nodes and expressions: ARRAY strings rows
-- together without an aggregate, say.
-- +goose StatementBegin
CREATE FUNCTION supplier_timeline(of_device uuid, from_hour bigint, to_hour bigint,
    OUT device integer, OUT supplier_id uuid, OUT registered_at timestamptz,
    OUT days bytea[], OUT up integer[], OUT observed integer[], OUT owned integer[],
    OUT kind text, OUT decided_at timestamptz, OUT effective_at timestamptz, OUT reason text, OUT seasons text[], OUT windows bigint[])
RETURNS SETOF record LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan ROWS 1 AS $$
#variable_conflict use_variable
DECLARE
    me        CONSTANT uuid        := current_setting('uptally.supplier')::uuid;
    starts    CONSTANT timestamptz := to_timestamp(from_hour * 3600);
    ends      CONSTANT timestamptz := to_timestamp(to_hour * 3600);
    first_day CONSTANT date        := date '1970-01-01' + (from_hour / 24)::integer;
    last_day  CONSTANT date        := date '1970-01-01' + ((to_hour - 1) / 24)::integer;
    whole     bigint := 0; -- days that need no chunk
    rest      timestamptz; -- where chunks begin
    lane      integer;
    froms     bigint[];    -- the runs of slots that are theirs, cut to the hours: some are empty then
    tos       bigint[];
BEGIN
    IF from_hour < 0 OR to_hour <= from_hour OR to_hour - from_hour > 92 * 24 + 1 THEN
        RAISE EXCEPTION 'hours % to %: give 1 hour to 92 days and 1 hour, not before 1970', from_hour, to_hour
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Theirs for all of the days: there is nothing to mask.
    SELECT d.device, d.supplier_id, d.registered_at, v.kind, v.decided_at, v.effective_at, v.reason,
        ARRAY(SELECT substring(s.up FROM (d.device & 31) * 36 + 1 FOR 36) || s.observed
              FROM uptime_strip s WHERE s.strip = d.device >> 5 AND s.day >= first_day AND s.day <= last_day ORDER BY s.day),
        ARRAY(SELECT g.window_id FROM grace_approval g WHERE g.window_from < ends AND g.window_to > starts)
    INTO device, supplier_id, registered_at, kind, decided_at, effective_at, reason, days, windows
    FROM supplier_device d
    LEFT JOIN LATERAL (
        SELECT r.kind, r.decided_at, r.effective_at, r.reason FROM verdict r WHERE r.device = d.device
        ORDER BY r.decided_at DESC, r.by_hand DESC, r.seq DESC LIMIT 1) v ON true
    WHERE d.supplier_id = me AND d.device_id = of_device
      AND d.from_slot <= from_hour / 24 * 288 AND (d.to_slot IS NULL OR d.to_slot >= ((to_hour - 1) / 24 + 1) * 288);
    IF FOUND THEN
        whole := cardinality(days);
        IF whole > 0 AND whole <= last_day - first_day THEN -- those before the first that is missing
            SELECT count(*) INTO whole FROM (
                SELECT s.day - (row_number() OVER (ORDER BY s.day))::integer AS begun
                FROM uptime_strip s WHERE s.strip = device >> 5 AND s.day >= first_day AND s.day <= last_day) cut
            WHERE begun = first_day - 1;
            days := days[:whole];
        END IF;
    ELSE
        SELECT d.device, d.supplier_id, min(d.registered_at),
            array_agg(greatest(d.from_slot, from_hour * 12)), array_agg(greatest(least(d.to_slot, to_hour * 12), d.from_slot, from_hour * 12))
        INTO device, supplier_id, registered_at, froms, tos
        FROM supplier_device d WHERE d.supplier_id = me AND d.device_id = of_device GROUP BY d.device, d.supplier_id;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        owned := ARRAY(
            SELECT (h - from_hour)::integer * 4096 + CASE WHEN cardinality(froms) = 1
                THEN (4095 >> least(greatest(froms[1] - h * 12, 0), 12)::integer) - (4095 >> least(greatest(tos[1] - h * 12, 0), 12)::integer)
                ELSE (SELECT coalesce(sum((4095 >> least(greatest(f - h * 12, 0), 12)::integer) - (4095 >> least(greatest(t - h * 12, 0), 12)::integer)), 0)
                      FROM unnest(froms, tos) AS run (f, t))::integer END
            FROM generate_series(from_hour, to_hour - 1) AS h);
        SELECT r.kind, r.decided_at, r.effective_at, r.reason INTO kind, decided_at, effective_at, reason
        FROM verdict r WHERE r.device = device ORDER BY r.decided_at DESC, r.by_hand DESC, r.seq DESC LIMIT 1;
        windows := ARRAY(SELECT g.window_id FROM grace_approval g WHERE g.window_from < ends AND g.window_to > starts);
    END IF;
    rest := greatest(to_timestamp((from_hour / 24 + whole) * 86400), starts);
    IF rest < ends AND (owned IS NULL OR EXISTS (SELECT FROM unnest(froms, tos) AS run (f, t) WHERE f < t)) THEN
        lane := device & 1023;
        -- A subquery with OFFSET 0 is computed once and where it stands: without it, whole chunks
        -- would be carried up to where one bit of them is asked for.
        up := ARRAY(
            SELECT c.place * 4096 + (c.bits & CASE WHEN owned IS NULL THEN 4095 ELSE coalesce(owned[c.place + 1], 0) END)
            FROM (SELECT (extract(epoch FROM c.hour)::bigint / 3600 - from_hour)::integer AS place,
                    get_bit(c.up, lane) * 2048 + get_bit(c.up, lane + 1024) * 1024 + get_bit(c.up, lane + 2048) * 512
                    + get_bit(c.up, lane + 3072) * 256 + get_bit(c.up, lane + 4096) * 128 + get_bit(c.up, lane + 5120) * 64
                    + get_bit(c.up, lane + 6144) * 32 + get_bit(c.up, lane + 7168) * 16 + get_bit(c.up, lane + 8192) * 8
                    + get_bit(c.up, lane + 9216) * 4 + get_bit(c.up, lane + 10240) * 2 + get_bit(c.up, lane + 11264) AS bits
                  FROM uptime_chunk c WHERE c.shard = device >> 10 AND c.hour >= rest AND c.hour < ends OFFSET 0) c);
        observed := ARRAY(
            SELECT o.place * 4096 + (o.bits & CASE WHEN owned IS NULL THEN 4095 ELSE coalesce(owned[o.place + 1], 0) END)
            FROM (SELECT (extract(epoch FROM o.hour)::bigint / 3600 - from_hour)::integer AS place, o.observed::integer AS bits
                  FROM uptime_coverage o WHERE o.hour >= rest AND o.hour < ends OFFSET 0) o);
    END IF;
    IF kind = 'spoofed' THEN
        seasons := ARRAY(SELECT s.code FROM season s
                         WHERE s.first_day::timestamp AT TIME ZONE 'UTC' < ends
                           AND (s.last_day + 1)::timestamp AT TIME ZONE 'UTC' > starts
                         ORDER BY s.first_day, s.code);
    END IF;
    RETURN NEXT;
END $$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION supplier_timeline(uuid, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION supplier_timeline(uuid, bigint, bigint) TO uptally_supplier;
