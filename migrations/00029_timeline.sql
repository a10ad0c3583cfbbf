-- A supplier's timeline is what they ask for most: all that one needs comes from one
-- call, in one statement for the device that is theirs for all of the span, as most are.

-- +goose Up

-- A device's last verdict is one step into an index.
CREATE INDEX verdict_last ON verdict (device, decided_at, by_hand, seq);

-- Where a device's bits lie in a chunk, kept: it is needed twelve times a chunk.
ALTER TABLE supplier_device ADD COLUMN lane integer NOT NULL GENERATED ALWAYS AS (device & 1023) STORED;

DROP FUNCTION supplier_timeline(uuid, bigint, bigint);

-- The bits of one device in the hours [from_hour, to_hour), counted from 1970 UTC, as far
-- as its slots are the supplier's; its last verdict and, if that is spoofed, which
-- seasons meet the hours; and which approved grace windows do. No row if the device was
-- never theirs. Chunks hold many suppliers' devices, so that this is the only way to any
-- bit.
--
-- up, observed and owned have a number an hour, of 12 bits: 2048 for the hour's first
-- slot down to 1 for its last. Bits of slots that are not theirs are 0; owned is null if
-- all are theirs.
--
-- One plan serves every call, whose partitions are chosen as it begins: to plan anew for
-- the span at hand took three times as long as a day's bits. Most of a call is the
-- starting of its plans, so they are few, and each has few nodes and expressions: ARRAY
-- strings hours together without an aggregate, say.
-- +goose StatementBegin
CREATE FUNCTION supplier_timeline(of_device uuid, from_hour bigint, to_hour bigint,
    OUT device integer, OUT supplier_id uuid, OUT registered_at timestamptz,
    OUT up integer[], OUT observed integer[], OUT owned integer[],
    OUT kind text, OUT decided_at timestamptz, OUT effective_at timestamptz, OUT reason text, OUT seasons text[], OUT windows bigint[])
RETURNS SETOF record LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan ROWS 1 AS $$
#variable_conflict use_variable
DECLARE
    me     CONSTANT uuid        := current_setting('uptally.supplier')::uuid;
    starts CONSTANT timestamptz := to_timestamp(from_hour * 3600);
    ends   CONSTANT timestamptz := to_timestamp(to_hour * 3600);
    froms  bigint[]; -- the runs of slots that are theirs, cut to the hours: some are empty then
    tos    bigint[];
    lane   integer;
BEGIN
    IF to_hour <= from_hour OR to_hour - from_hour > 92 * 24 + 1 THEN
        RAISE EXCEPTION 'hours % to %: give 1 hour to 92 days and 1 hour', from_hour, to_hour
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Theirs for all of the hours: there is nothing to mask.
    SELECT d.device, d.supplier_id, d.registered_at, v.kind, v.decided_at, v.effective_at, v.reason,
        ARRAY(SELECT get_bit(c.up, d.lane) * 2048 + get_bit(c.up, d.lane + 1024) * 1024
                + get_bit(c.up, d.lane + 2048) * 512 + get_bit(c.up, d.lane + 3072) * 256
                + get_bit(c.up, d.lane + 4096) * 128 + get_bit(c.up, d.lane + 5120) * 64
                + get_bit(c.up, d.lane + 6144) * 32 + get_bit(c.up, d.lane + 7168) * 16
                + get_bit(c.up, d.lane + 8192) * 8 + get_bit(c.up, d.lane + 9216) * 4
                + get_bit(c.up, d.lane + 10240) * 2 + get_bit(c.up, d.lane + 11264)
              FROM uptime_chunk c WHERE c.shard = d.device >> 10 AND c.hour >= starts AND c.hour < ends ORDER BY c.hour),
        ARRAY(SELECT o.observed::integer FROM uptime_coverage o WHERE o.hour >= starts AND o.hour < ends ORDER BY o.hour),
        ARRAY(SELECT g.window_id FROM grace_approval g WHERE g.window_from < ends AND g.window_to > starts)
    INTO device, supplier_id, registered_at, kind, decided_at, effective_at, reason, up, observed, windows
    FROM supplier_device d
    LEFT JOIN LATERAL (
        SELECT r.kind, r.decided_at, r.effective_at, r.reason FROM verdict r WHERE r.device = d.device
        ORDER BY r.decided_at DESC, r.by_hand DESC, r.seq DESC LIMIT 1) v ON true
    WHERE d.supplier_id = me AND d.device_id = of_device
      AND d.from_slot <= from_hour * 12 AND (d.to_slot IS NULL OR d.to_slot >= to_hour * 12);
    -- Not so, or an hour of them was not requested or has no chunk: hour by hour.
    IF NOT FOUND OR cardinality(up) < to_hour - from_hour OR cardinality(observed) < to_hour - from_hour THEN
        SELECT d.device, d.supplier_id, min(d.registered_at), min(d.lane),
            array_agg(greatest(d.from_slot, from_hour * 12)), array_agg(greatest(least(d.to_slot, to_hour * 12), d.from_slot, from_hour * 12))
        INTO device, supplier_id, registered_at, lane, froms, tos
        FROM supplier_device d WHERE d.supplier_id = me AND d.device_id = of_device GROUP BY d.device, d.supplier_id;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        owned := ARRAY(
            SELECT CASE WHEN cardinality(froms) = 1
                THEN (4095 >> least(greatest(froms[1] - h * 12, 0), 12)::integer) - (4095 >> least(greatest(tos[1] - h * 12, 0), 12)::integer)
                ELSE (SELECT coalesce(sum((4095 >> least(greatest(f - h * 12, 0), 12)::integer) - (4095 >> least(greatest(t - h * 12, 0), 12)::integer)), 0)
                      FROM unnest(froms, tos) AS run (f, t))::integer END
            FROM generate_series(from_hour, to_hour - 1) AS h);
        up := owned;
        observed := owned;
        -- A subquery with OFFSET 0 is computed once and where it stands: without it, whole chunks
        -- would be carried up to where one bit of them is asked for.
        IF 0 < ANY (owned) THEN
            SELECT array_agg(theirs.mask & coalesce(chunk.bits, 0) ORDER BY theirs.hour),
                array_agg(theirs.mask & coalesce(coverage.bits, 0) ORDER BY theirs.hour)
            INTO up, observed
            FROM (SELECT to_timestamp((from_hour + m.place - 1) * 3600) AS hour, m.mask
                  FROM unnest(owned) WITH ORDINALITY AS m (mask, place) OFFSET 0) theirs
            LEFT JOIN (SELECT c.hour, get_bit(c.up, lane) * 2048 + get_bit(c.up, lane + 1024) * 1024 + get_bit(c.up, lane + 2048) * 512
                      + get_bit(c.up, lane + 3072) * 256 + get_bit(c.up, lane + 4096) * 128 + get_bit(c.up, lane + 5120) * 64
                      + get_bit(c.up, lane + 6144) * 32 + get_bit(c.up, lane + 7168) * 16 + get_bit(c.up, lane + 8192) * 8
                      + get_bit(c.up, lane + 9216) * 4 + get_bit(c.up, lane + 10240) * 2 + get_bit(c.up, lane + 11264) AS bits
                  FROM uptime_chunk c WHERE c.shard = device >> 10 AND c.hour >= starts AND c.hour < ends OFFSET 0) chunk USING (hour)
            LEFT JOIN (SELECT o.hour, o.observed::integer AS bits
                  FROM uptime_coverage o WHERE o.hour >= starts AND o.hour < ends OFFSET 0) coverage USING (hour);
        END IF;
        SELECT r.kind, r.decided_at, r.effective_at, r.reason INTO kind, decided_at, effective_at, reason
        FROM verdict r WHERE r.device = device ORDER BY r.decided_at DESC, r.by_hand DESC, r.seq DESC LIMIT 1;
        windows := ARRAY(SELECT g.window_id FROM grace_approval g WHERE g.window_from < ends AND g.window_to > starts);
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
