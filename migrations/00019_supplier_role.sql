-- What a supplier may see: which devices are theirs and since when, their bits, and
-- row security on every table that is read as uptally_supplier. Who asks stands in the
-- setting uptally.supplier, made for one transaction; where it is unset or empty, every
-- table that has rows of suppliers fails, and none shows everything.

-- +goose Up

-- The first slot that starts at or after an instant.
-- +goose StatementBegin
CREATE FUNCTION slot_at_or_after(instant timestamptz) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
    'SELECT ceil(extract(epoch FROM instant) / 300)::bigint';
-- +goose StatementEnd

-- Who owns which device from when to when, and its facts in force at the end of that
-- run of slots: the logs of devices, folded as package snapshot folds them, as of now.
-- A projection: written by triggers alone, and what it says follows from other tables.
CREATE TABLE supplier_device (
    supplier_id   uuid        NOT NULL,
    device        integer     NOT NULL,
    device_id     uuid        NOT NULL,
    from_slot     bigint      NOT NULL,
    to_slot       bigint CHECK (to_slot > from_slot), -- exclusive; null: it is still theirs
    registered_at timestamptz NOT NULL,
    gpu_model     text        NOT NULL,
    gpu_count     integer     NOT NULL,
    connectivity  text        NOT NULL,
    device_name   text, -- typed by people: for display only
    status        text, -- typed by people: for display only
    PRIMARY KEY (device, from_slot)
);
CREATE INDEX supplier_device_supplier ON supplier_device (supplier_id, device_id);

-- Folds the logs of the devices anew. Whoever changes what is folded waits here for
-- whoever else does, so that of two at once the later sees the earlier.
--
--   believed   the registration and the changes that no hold sets aside, and their slots
--   folded     in the order of (changed_at, seq), each fact as the last that named it says
--   settled    what holds from each slot on: of several within one, what they come to
--   bounded    whether a run of slots with one owner begins there, or ends with it
--
-- The last that named a fact is the greatest of "place in that order, value", as text:
-- the whole fold is one sort and no join, however many devices and changes there are.
-- +goose StatementBegin
CREATE FUNCTION supplier_device_fold(devices integer[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('supplier_device'));
    DELETE FROM supplier_device old USING unnest(devices) AS chosen (number) WHERE old.device = chosen.number;
    INSERT INTO supplier_device (supplier_id, device, device_id, from_slot, to_slot, registered_at, gpu_model, gpu_count,
        connectivity, device_name, status)
    WITH believed AS (
        SELECT d.number AS device, d.id, d.registered_at, d.registered_at AS at, d.seq, slot_at_or_after(d.registered_at) AS slot,
            d.supplier_id, d.gpu_model, d.gpu_count, d.connectivity, d.device_name, d.status
        FROM unnest(devices) AS chosen (number) JOIN device d USING (number)
        UNION ALL
        SELECT d.number, d.id, d.registered_at, c.changed_at, c.seq,
            greatest(slot_at_or_after(c.changed_at), slot_at_or_after(d.registered_at)),
            c.supplier_id, c.gpu_model, c.gpu_count, c.connectivity, c.device_name, c.status
        FROM unnest(devices) AS chosen (number) JOIN device d USING (number) JOIN device_change c ON c.device = d.number
        WHERE c.channel <> 'worker-api'
           OR EXISTS (SELECT FROM metadata_release r WHERE r.change_seq = c.seq)
           OR NOT EXISTS (SELECT FROM metadata_hold h
                          WHERE c.changed_at >= h.held_from AND c.changed_at < h.held_to
                            AND NOT EXISTS (SELECT FROM metadata_release r WHERE r.hold_id = h.id))
    ), placed AS (
        SELECT *, lpad((row_number() OVER w)::text, 10, '0') COLLATE "C" AS place, lead(slot) OVER w AS next_slot
        FROM believed WINDOW w AS (PARTITION BY device ORDER BY at, seq)
    ), folded AS (
        SELECT device, id, registered_at, at, seq, slot, next_slot,
            substr(max(place || supplier_id::text) OVER w, 11) AS supplier_id,
            substr(max(place || gpu_model)         OVER w, 11) AS gpu_model,
            substr(max(place || gpu_count::text)   OVER w, 11) AS gpu_count,
            substr(max(place || connectivity)      OVER w, 11) AS connectivity,
            substr(max(place || device_name)       OVER w, 11) AS device_name,
            substr(max(place || status)            OVER w, 11) AS status
        FROM placed WINDOW w AS (PARTITION BY device ORDER BY at, seq ROWS UNBOUNDED PRECEDING)
    ), settled AS (
        SELECT * FROM folded WHERE next_slot IS DISTINCT FROM slot
    ), bounded AS (
        SELECT *, lag(supplier_id) OVER w IS DISTINCT FROM supplier_id AS begins,
            lead(supplier_id) OVER w IS DISTINCT FROM supplier_id AS ends
        FROM settled WINDOW w AS (PARTITION BY device ORDER BY at, seq)
    ), run AS (
        SELECT *, max(slot) FILTER (WHERE begins) OVER w AS from_slot
        FROM bounded WINDOW w AS (PARTITION BY device ORDER BY at, seq ROWS UNBOUNDED PRECEDING)
    )
    SELECT supplier_id::uuid, device, id, from_slot, next_slot, registered_at, gpu_model, gpu_count::integer,
        connectivity, device_name, status
    FROM run WHERE ends;
END $$;

-- A registration comes before every change of its device: nothing is to be folded.
CREATE FUNCTION supplier_device_register() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO supplier_device (supplier_id, device, device_id, from_slot, registered_at, gpu_model, gpu_count,
        connectivity, device_name, status)
    SELECT supplier_id, number, id, slot_at_or_after(registered_at), registered_at, gpu_model, gpu_count,
        connectivity, device_name, status FROM added;
    RETURN NULL;
END $$;

CREATE FUNCTION supplier_device_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM supplier_device_fold(ARRAY(SELECT DISTINCT device FROM added));
    RETURN NULL;
END $$;

CREATE FUNCTION supplier_device_hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM supplier_device_fold(ARRAY(
        SELECT DISTINCT c.device FROM added h JOIN device_change c
            ON c.channel = 'worker-api' AND c.changed_at >= h.held_from AND c.changed_at < h.held_to));
    RETURN NULL;
END $$;

CREATE FUNCTION supplier_device_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM supplier_device_fold(ARRAY(
        SELECT c.device FROM added r JOIN device_change c ON c.seq = r.change_seq
        UNION
        SELECT c.device FROM added r JOIN metadata_hold h ON h.id = r.hold_id JOIN device_change c
            ON c.channel = 'worker-api' AND c.changed_at >= h.held_from AND c.changed_at < h.held_to));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER supplier_device AFTER INSERT ON device REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION supplier_device_register();
CREATE TRIGGER supplier_device AFTER INSERT ON device_change REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION supplier_device_change();
CREATE TRIGGER supplier_device AFTER INSERT ON metadata_hold REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION supplier_device_hold();
CREATE TRIGGER supplier_device AFTER INSERT ON metadata_release REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION supplier_device_release();

SELECT supplier_device_fold(ARRAY(SELECT number FROM device));

-- The bits of one device in [from_slot, to_slot), as far as its slots are the
-- supplier's: up, observed and owned, each two bytes an hour, from the hour of
-- from_slot through that of to_slot - 1. The two bytes are a big-endian number of 12
-- bits, 2048 for the hour's first slot down to 1 for its last; bits outside of the
-- span and of slots that are not owned are 0. No row if the device was never theirs.
-- Chunks hold many suppliers' devices, so that this is the only way to any bit.
--
-- A subquery with OFFSET 0 is computed once and where it stands: without it, whole
-- chunks of 1.5 KB would be carried up to where one bit of them is asked for. One plan
-- serves every call, whose partitions are chosen as it begins: to plan anew for the
-- span at hand took three times as long as a day's bits. A day takes some 85 us, 30
-- days 1.2 to 1.9 ms.
-- +goose StatementBegin
CREATE FUNCTION supplier_timeline(of_device uuid, from_slot bigint, to_slot bigint,
    OUT device integer, OUT up bytea, OUT observed bytea, OUT owned bytea, OUT supplier_id uuid, OUT registered_at timestamptz)
RETURNS SETOF record LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan ROWS 1 AS $$
#variable_conflict use_variable
DECLARE
    me         CONSTANT uuid        := current_setting('uptally.supplier')::uuid;
    first_hour CONSTANT bigint      := floor(from_slot / 12.0);
    end_hour   CONSTANT bigint      := ceil(to_slot / 12.0);
    starts     CONSTANT timestamptz := to_timestamp(first_hour * 3600);
    ends       CONSTANT timestamptz := to_timestamp(end_hour * 3600);
    froms      bigint[]; -- the runs of slots that are theirs, cut to the span: some are empty then
    tos        bigint[];
    lane       integer;
    whole      boolean; -- theirs for all of a span of whole hours
BEGIN
    IF to_slot <= from_slot OR to_slot - from_slot > 92 * 288 THEN
        RAISE EXCEPTION 'slots % to %: give a span of 1 slot to 92 days', from_slot, to_slot
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT d.device, array_agg(greatest(d.from_slot, $2)), array_agg(greatest(least(d.to_slot, $3), d.from_slot, $2)),
        bool_or(d.from_slot <= $2 AND coalesce(d.to_slot, $3) >= $3) AND $2 % 12 = 0 AND $3 % 12 = 0, d.supplier_id, min(d.registered_at)
    INTO device, froms, tos, whole, supplier_id, registered_at
    FROM supplier_device d WHERE d.supplier_id = me AND d.device_id = of_device GROUP BY d.device, d.supplier_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    lane := device & 1023;
    -- Most devices are, and each of the hours was requested and has a chunk: then there is
    -- nothing to mask, to join or to fill in, and they are strung together as the indexes
    -- give them, in half the time.
    IF whole THEN
        SELECT string_agg(int2send(chunk.bits::smallint), '') INTO up
        FROM (SELECT get_bit(c.up, lane) * 2048 + get_bit(c.up, lane + 1024) * 1024 + get_bit(c.up, lane + 2048) * 512
              + get_bit(c.up, lane + 3072) * 256 + get_bit(c.up, lane + 4096) * 128 + get_bit(c.up, lane + 5120) * 64
              + get_bit(c.up, lane + 6144) * 32 + get_bit(c.up, lane + 7168) * 16 + get_bit(c.up, lane + 8192) * 8
              + get_bit(c.up, lane + 9216) * 4 + get_bit(c.up, lane + 10240) * 2 + get_bit(c.up, lane + 11264) AS bits
              FROM uptime_chunk c WHERE c.shard = device >> 10 AND c.hour >= starts AND c.hour < ends ORDER BY c.hour) chunk;
        SELECT string_agg(int2send(coverage.observed::integer::smallint), '') INTO observed
        FROM (SELECT v.observed FROM uptime_coverage v WHERE v.hour >= starts AND v.hour < ends ORDER BY v.hour) coverage;
        IF length(up) = (end_hour - first_hour) * 2 AND length(observed) = (end_hour - first_hour) * 2 THEN
            owned := decode(repeat('0fff', (end_hour - first_hour)::integer), 'hex');
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;
    -- In order by a sort of its own: which side a join is read from is the planner's to choose.
    SELECT string_agg(int2send(slots.up_bits::smallint), ''), string_agg(int2send(slots.observed_bits::smallint), ''),
           string_agg(int2send(slots.mask::smallint), '')
    INTO up, observed, owned
    FROM (SELECT hour.mask, hour.mask & coalesce(chunk.bits, 0) AS up_bits, hour.mask & coalesce(coverage.bits, 0) AS observed_bits
    FROM (SELECT to_timestamp(h * 3600) AS at, CASE WHEN cardinality(froms) = 1
              THEN (4095 >> least(greatest(froms[1] - h * 12, 0), 12)::integer) - (4095 >> least(greatest(tos[1] - h * 12, 0), 12)::integer)
              ELSE (SELECT coalesce(sum((4095 >> least(greatest(f - h * 12, 0), 12)::integer) - (4095 >> least(greatest(t - h * 12, 0), 12)::integer)), 0)
                    FROM unnest(froms, tos) AS run (f, t))::integer END AS mask
          FROM generate_series(first_hour, end_hour - 1) AS h OFFSET 0) hour
    LEFT JOIN (SELECT c.hour AS at,
              get_bit(c.up, lane) * 2048 + get_bit(c.up, lane + 1024) * 1024 + get_bit(c.up, lane + 2048) * 512
              + get_bit(c.up, lane + 3072) * 256 + get_bit(c.up, lane + 4096) * 128 + get_bit(c.up, lane + 5120) * 64
              + get_bit(c.up, lane + 6144) * 32 + get_bit(c.up, lane + 7168) * 16 + get_bit(c.up, lane + 8192) * 8
              + get_bit(c.up, lane + 9216) * 4 + get_bit(c.up, lane + 10240) * 2 + get_bit(c.up, lane + 11264) AS bits
          FROM uptime_chunk c WHERE c.shard = device >> 10 AND c.hour >= starts AND c.hour < ends OFFSET 0) chunk USING (at)
    LEFT JOIN (SELECT v.hour AS at, v.observed::integer AS bits
          FROM uptime_coverage v WHERE v.hour >= starts AND v.hour < ends OFFSET 0) coverage USING (at)
    ORDER BY at) slots;
    RETURN NEXT;
END $$;
-- +goose StatementEnd

-- What a supplier's transfer is to or from, where that is not an account of a supplier:
-- such accounts show everybody's balance beside their name.
-- +goose StatementBegin
CREATE FUNCTION ledger_counterpart(account bigint, OUT kind text, OUT season text)
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT a.kind, a.season INTO kind, season FROM ledger_account a WHERE a.id = account AND a.supplier_id IS NULL;
END $$;
-- +goose StatementEnd

-- What is read of one supplier's own. Without these, whole tables would be read for it.
CREATE INDEX snapshot_line_supplier ON snapshot_line (supplier_id, snapshot_id);
CREATE INDEX ledger_account_supplier ON ledger_account (supplier_id) WHERE supplier_id IS NOT NULL;
CREATE INDEX distribution_carried_supplier ON distribution_carried (supplier_id, distribution);
CREATE INDEX distribution_set_off_supplier ON distribution_set_off (supplier_id, distribution);
CREATE INDEX wallet_challenge_supplier ON wallet_challenge (supplier_id, number);
CREATE INDEX wallet_proof_supplier ON wallet_proof (supplier_id);

-- Whoever migrates, whom FORCE holds too, and the application do as they are granted.
-- +goose StatementBegin
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'supplier_device', 'verdict', 'uptime_coverage', 'metadata_hold', 'metadata_release',
        'ruleset', 'season', 'grace_window', 'grace_approval', 'snapshot', 'snapshot_line', 'estimate', 'estimate_line',
        'ledger_account', 'ledger_transfer', 'ledger_journal',
        'distribution', 'distribution_approval', 'distribution_payout', 'distribution_payout_line', 'distribution_payout_end',
        'distribution_aside', 'distribution_carried', 'distribution_set_off', 'distribution_payout_attempt',
        'distribution_attempt', 'distribution_attempt_signed', 'distribution_attempt_end',
        'distribution_tree', 'distribution_tree_payout', 'distribution_tree_funding',
        'supplier_wallet', 'wallet', 'wallet_challenge', 'wallet_proof', 'wallet_event', 'wallet_freeze',
        'wallet_release', 'wallet_release_approval']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY owner ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', kept);
        EXECUTE format('CREATE POLICY app ON %I TO uptally_app USING (true) WITH CHECK (true)', kept);
    END LOOP;
END $$;
-- +goose StatementEnd

-- Everybody's, whoever asks: the rules, what was observed, and totals.
CREATE POLICY everybody ON ruleset          FOR SELECT TO uptally_supplier USING (true);
CREATE POLICY everybody ON season           FOR SELECT TO uptally_supplier USING (true);
CREATE POLICY everybody ON estimate         FOR SELECT TO uptally_supplier USING (true);
CREATE POLICY everybody ON uptime_coverage  FOR SELECT TO uptally_supplier USING (true);
CREATE POLICY everybody ON metadata_hold    FOR SELECT TO uptally_supplier USING (true);
CREATE POLICY everybody ON grace_approval   FOR SELECT TO uptally_supplier USING (true);
CREATE POLICY holds     ON metadata_release FOR SELECT TO uptally_supplier USING (hold_id IS NOT NULL);
CREATE POLICY sealed    ON snapshot         FOR SELECT TO uptally_supplier USING (state = 'sealed');
CREATE POLICY approved  ON grace_window     FOR SELECT TO uptally_supplier USING (id = ANY (ARRAY(SELECT window_id FROM grace_approval)));

-- One supplier's own, by their id.
CREATE POLICY own ON supplier_device FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON snapshot_line   FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid
    AND snapshot_id = ANY (ARRAY(SELECT id FROM snapshot WHERE state = 'sealed')));
CREATE POLICY own ON estimate_line         FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON ledger_account        FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON distribution_payout   FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON distribution_carried  FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON distribution_set_off  FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON supplier_wallet       FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON wallet                FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON wallet_challenge      FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON wallet_proof          FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON wallet_event          FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON wallet_freeze         FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
CREATE POLICY own ON wallet_release        FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);

-- One supplier's own, by what refers to it. Where a table is read as uptally_supplier
-- inside of a policy, its own policy holds there as well. An ARRAY is read once a
-- statement, and an index serves what is compared with it.
CREATE POLICY own ON verdict FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND EXISTS (SELECT FROM supplier_device d WHERE d.device = verdict.device));
CREATE POLICY own ON ledger_transfer FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND (debit = ANY (ARRAY(SELECT id FROM ledger_account)) OR credit = ANY (ARRAY(SELECT id FROM ledger_account))));
CREATE POLICY own ON ledger_journal FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND number = ANY (ARRAY(SELECT journal FROM ledger_transfer)));
CREATE POLICY own ON distribution FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND number = ANY (ARRAY(SELECT distribution FROM distribution_payout UNION ALL SELECT distribution FROM distribution_carried
                            UNION ALL SELECT distribution FROM distribution_set_off)));
CREATE POLICY own ON distribution_approval FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND distribution = ANY (ARRAY(SELECT distribution FROM distribution_payout)));
CREATE POLICY own ON distribution_payout_line FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND (distribution, payout) IN (SELECT p.distribution, p.number FROM distribution_payout p));
CREATE POLICY own ON distribution_payout_end FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND (distribution, payout) IN (SELECT p.distribution, p.number FROM distribution_payout p));
CREATE POLICY own ON distribution_aside FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND (distribution, payout) IN (SELECT p.distribution, p.number FROM distribution_payout p));
CREATE POLICY own ON distribution_payout_attempt FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND (distribution, payout) IN (SELECT p.distribution, p.number FROM distribution_payout p));
CREATE POLICY own ON distribution_tree_payout FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND (distribution, payout) IN (SELECT p.distribution, p.number FROM distribution_payout p));
CREATE POLICY own ON distribution_attempt FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND id = ANY (ARRAY(SELECT t.attempt FROM distribution_payout p
                        JOIN distribution_payout_attempt t ON t.distribution = p.distribution AND t.payout = p.number)));
CREATE POLICY own ON distribution_attempt_signed FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND attempt = ANY (ARRAY(SELECT id FROM distribution_attempt)));
CREATE POLICY own ON distribution_attempt_end FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND attempt = ANY (ARRAY(SELECT id FROM distribution_attempt)));
CREATE POLICY own ON distribution_tree FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND (distribution, number) IN (SELECT t.distribution, t.tree FROM distribution_payout p
                                   JOIN distribution_tree_payout t ON t.distribution = p.distribution AND t.payout = p.number));
CREATE POLICY own ON distribution_tree_funding FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND (distribution, tree) IN (SELECT t.distribution, t.number FROM distribution_tree t));
CREATE POLICY own ON wallet_release_approval FOR SELECT TO uptally_supplier USING (current_setting('uptally.supplier')::uuid IS NOT NULL
    AND release = ANY (ARRAY(SELECT id FROM wallet_release)));

-- Columns, and no more of them than a supplier is told: never a person, never what
-- staff wrote to each other, never a figure of all payees of a run.
GRANT SELECT ON supplier_device TO uptally_app;
GRANT SELECT (supplier_id, device, device_id, from_slot, to_slot, registered_at, gpu_model, gpu_count, connectivity, device_name,
    status) ON supplier_device TO uptally_supplier;
GRANT SELECT (device, by_hand, seq, kind, effective_at, decided_at, reason, recorded_at) ON verdict TO uptally_supplier;
GRANT SELECT (hour, observed, closed_at) ON uptime_coverage TO uptally_supplier;
GRANT SELECT (id, held_from, held_to) ON metadata_hold TO uptally_supplier;
GRANT SELECT (hold_id) ON metadata_release TO uptally_supplier;
GRANT SELECT (sha256, name, version, toml) ON ruleset TO uptally_supplier;
GRANT SELECT (code, first_day, last_day, pool, ruleset) ON season TO uptally_supplier;
GRANT SELECT (id, season, window_from, window_to, cause, lookback, min_before, sustain, reconnect_by, credit, cap, require_genuine)
    ON grace_window TO uptally_supplier;
GRANT SELECT (window_id, recorded_at) ON grace_approval TO uptally_supplier;
GRANT SELECT (id, season, revision, state, as_of, points, allocated, residual, drawn, lines, suppliers, observed_slots, season_slots,
    digest, corrects, sealed_at) ON snapshot TO uptally_supplier;
GRANT SELECT (snapshot_id, shard, device, first_slot, end_slot, supplier_id, observed, up, grace, longest_run, weight_millionths,
    job_minutes, points, amount, outcome, notes) ON snapshot_line TO uptally_supplier;
GRANT SELECT (season, as_of, points, allocated, residual, lines, suppliers, observed_slots, season_slots) ON estimate TO uptally_supplier;
GRANT SELECT (season, device, first_slot, end_slot, supplier_id, observed, up, grace, longest_run, weight_millionths, job_minutes,
    points, amount, outcome, notes) ON estimate_line TO uptally_supplier;
GRANT SELECT (id, kind, season, supplier_id, balance, path) ON ledger_account TO uptally_supplier;
GRANT SELECT (journal, number, debit, credit, amount) ON ledger_transfer TO uptally_supplier;
GRANT SELECT (number, act, season, revision, posted_at) ON ledger_journal TO uptally_supplier;
GRANT SELECT (number, id, rail, minimum, prepared_at) ON distribution TO uptally_supplier;
GRANT SELECT (distribution, recorded_at) ON distribution_approval TO uptally_supplier;
GRANT SELECT (distribution, number, id, supplier_id, wallet, amount) ON distribution_payout TO uptally_supplier;
GRANT SELECT (distribution, payout, season, revision, amount) ON distribution_payout_line TO uptally_supplier;
GRANT SELECT (distribution, payout, outcome, journal, signature, evidence, recorded_at) ON distribution_payout_end TO uptally_supplier;
GRANT SELECT (distribution, payout, reason, recorded_at) ON distribution_aside TO uptally_supplier;
GRANT SELECT (distribution, supplier_id, amount, reason) ON distribution_carried TO uptally_supplier;
GRANT SELECT (distribution, supplier_id, season, revision, amount) ON distribution_set_off TO uptally_supplier;
GRANT SELECT (distribution, payout, turn, attempt) ON distribution_payout_attempt TO uptally_supplier;
GRANT SELECT (id, recorded_at) ON distribution_attempt TO uptally_supplier;
GRANT SELECT (attempt, signature, recorded_at) ON distribution_attempt_signed TO uptally_supplier;
GRANT SELECT (attempt, outcome, signature, slot, recorded_at) ON distribution_attempt_end TO uptally_supplier;
GRANT SELECT (distribution, number, id, root) ON distribution_tree TO uptally_supplier;
GRANT SELECT (distribution, payout, tree) ON distribution_tree_payout TO uptally_supplier;
GRANT SELECT (distribution, tree, vault, signature, evidence, recorded_at) ON distribution_tree_funding TO uptally_supplier;
GRANT SELECT (id, supplier_id, address, recorded_at) ON supplier_wallet TO uptally_supplier;
GRANT SELECT (id, supplier_id, address, nonce, allowance, active_from, recorded_at) ON wallet TO uptally_supplier;
GRANT SELECT (number, id, supplier_id, address, domain, nonce, issued_at, expires_at, text) ON wallet_challenge TO uptally_supplier;
GRANT SELECT (nonce, supplier_id, address, challenge, form, recorded_at) ON wallet_proof TO uptally_supplier;
GRANT SELECT (id, supplier_id, kind, address, wallet, active_from, recorded_at) ON wallet_event TO uptally_supplier;
GRANT SELECT (id, supplier_id, recorded_at) ON wallet_freeze TO uptally_supplier;
GRANT SELECT (id, supplier_id, lifts, recorded_at) ON wallet_release TO uptally_supplier;
GRANT SELECT (release, recorded_at) ON wallet_release_approval TO uptally_supplier;
REVOKE ALL ON FUNCTION supplier_timeline(uuid, bigint, bigint), ledger_counterpart(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION supplier_timeline(uuid, bigint, bigint), ledger_counterpart(bigint) TO uptally_supplier;
