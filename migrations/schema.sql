-- What the migrations come to. Written by `go generate ./migrations`; do not edit.

SET check_function_bodies = false;

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE TYPE public.river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);

CREATE FUNCTION public.appeal_check_links() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    a     appeal;
    wrong text;
BEGIN
    SELECT * INTO a FROM appeal WHERE id = NEW.appeal FOR UPDATE;
    wrong := CASE
        WHEN NEW.verdict IS NOT NULL AND NOT EXISTS (
            SELECT FROM verdict v WHERE v.device = a.device AND v.by_hand AND v.seq = NEW.verdict)
        THEN 'verdict'
        WHEN NEW.grace_window IS NOT NULL AND NOT EXISTS (
            SELECT FROM grace_approval g WHERE g.window_id = NEW.grace_window AND g.season = a.season
                AND g.window_from < to_timestamp(a.end_slot * 300) AND g.window_to > to_timestamp(a.first_slot * 300))
        THEN 'grace_window'
        WHEN NEW.released_hold IS NOT NULL AND NOT EXISTS (
            SELECT FROM metadata_release r JOIN metadata_hold h ON h.id = r.hold_id
            JOIN device_change c ON c.device = a.device AND c.channel = 'worker-api' AND c.changed_at >= h.held_from AND c.changed_at < h.held_to
            WHERE r.hold_id = NEW.released_hold)
        THEN 'released_hold'
        WHEN NEW.released_change IS NOT NULL AND NOT EXISTS (
            SELECT FROM metadata_release r JOIN device_change c ON c.seq = r.change_seq
            WHERE r.change_seq = NEW.released_change AND c.device = a.device)
        THEN 'released_change'
        WHEN NEW.revision IS NOT NULL AND NOT EXISTS (
            SELECT FROM snapshot s WHERE s.season = a.season AND s.revision = NEW.revision AND s.revision > a.revision AND s.state = 'sealed')
        THEN 'revision'
    END;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the % that the answer links does not exist, or does not concern the line', wrong
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appeal_link', COLUMN = wrong;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.appeal_end_answered() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE appeal SET state = NEW.outcome, ended_at = greatest(NEW.recorded_at, recorded_at) WHERE id = NEW.appeal;
    RETURN NULL;
END $$;

CREATE FUNCTION public.appeal_read_line() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    sealed timestamptz;
    paid   snapshot_line;
    owned  bigint;
BEGIN
    SELECT l.* INTO paid
    FROM snapshot s
    JOIN snapshot_line l ON l.snapshot_id = s.id AND l.shard = NEW.device / 1024 AND l.device = NEW.device AND l.first_slot = NEW.first_slot
    JOIN device d ON d.number = NEW.device AND d.id = NEW.device_id
    WHERE s.season = NEW.season AND s.revision = NEW.revision AND l.supplier_id = NEW.supplier_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'supplier % has no line of device % from slot % in %/r%', NEW.supplier_id, NEW.device_id, NEW.first_slot, NEW.season, NEW.revision
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appeal_line';
    END IF;
    SELECT s.sealed_at INTO sealed FROM snapshot s WHERE s.season = NEW.season AND s.revision = NEW.revision;
    NEW.recorded_at := clock_timestamp();
    NEW.due_at := NEW.recorded_at + make_interval(hours => 24 * NEW.answer_days);
    IF sealed IS NULL OR NEW.recorded_at >= sealed + make_interval(hours => 24 * NEW.within_days) THEN
        RAISE EXCEPTION '%/r% is not sealed, or was more than % days ago: it cannot be appealed against', NEW.season, NEW.revision, NEW.within_days
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appeal_late';
    END IF;
    owned := paid.end_slot - paid.first_slot;
    IF paid.outcome = 7 AND paid.notes = 0 AND paid.up + paid.grace = owned THEN
        RAISE EXCEPTION 'the line of device % from slot % in %/r% is paid for every slot, without a note', NEW.device_id, NEW.first_slot, NEW.season, NEW.revision
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appeal_nothing';
    END IF;
    NEW.end_slot := paid.end_slot;
    NEW.outcome := paid.outcome;
    NEW.notes := paid.notes;
    NEW.amount := paid.amount;
    IF NEW.state <> 'open' THEN
        RAISE EXCEPTION 'an appeal begins open, not %', NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.appeal_refuse_edit() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF (to_jsonb(NEW) - '{state,reviewed_by,reviewed_at,withdrawn_by,ended_at}'::text[])
        IS DISTINCT FROM (to_jsonb(OLD) - '{state,reviewed_by,reviewed_at,withdrawn_by,ended_at}'::text[])
        OR (OLD.state, NEW.state) NOT IN (
            ('open', 'in_review'), ('open', 'accepted'), ('open', 'refused'), ('open', 'withdrawn'),
            ('in_review', 'accepted'), ('in_review', 'refused'), ('in_review', 'withdrawn'))
        OR OLD.reviewed_by IS NOT NULL AND (NEW.reviewed_by, NEW.reviewed_at) IS DISTINCT FROM (OLD.reviewed_by, OLD.reviewed_at)
    THEN
        RAISE EXCEPTION 'appeal % is %: it is never edited, nor ended twice', OLD.id, OLD.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appeal_ended';
    END IF;
    IF NEW.state IN ('accepted', 'refused') <> EXISTS (SELECT FROM appeal_answer w WHERE w.appeal = NEW.id AND w.outcome = NEW.state) THEN
        RAISE EXCEPTION 'appeal % cannot be %: only an answer says so', OLD.id, NEW.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appeal_unanswered';
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE public.audit_entry (
    number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    request_id text NOT NULL,
    address inet,
    actor text NOT NULL,
    person bigint,
    supplier_id uuid,
    operation text NOT NULL,
    method text NOT NULL,
    target text NOT NULL,
    status integer NOT NULL,
    kind text NOT NULL,
    body_sha256 bytea,
    previous_number bigint GENERATED ALWAYS AS (NULLIF((number - 1), 0)) STORED,
    previous_digest bytea NOT NULL,
    digest bytea NOT NULL,
    calls bigint DEFAULT 1 NOT NULL,
    CONSTRAINT audit_entry_actor_check CHECK ((length(actor) <= 512)),
    CONSTRAINT audit_entry_address_check CHECK ((masklen(address) =
CASE family(address)
    WHEN 4 THEN 32
    ELSE 128
END)),
    CONSTRAINT audit_entry_at_check CHECK (isfinite(at)),
    CONSTRAINT audit_entry_body_sha256_check CHECK ((length(body_sha256) = 32)),
    CONSTRAINT audit_entry_calls_check CHECK ((calls >= 1)),
    CONSTRAINT audit_entry_check CHECK (((number > 1) OR (previous_digest = decode(repeat('00'::text, 32), 'hex'::text)))),
    CONSTRAINT audit_entry_counted CHECK (((calls = 1) OR (status = 429) OR (status >= 500))),
    CONSTRAINT audit_entry_digest_check CHECK ((length(digest) = 32)),
    CONSTRAINT audit_entry_kind_check CHECK ((length(kind) <= 64)),
    CONSTRAINT audit_entry_method_check CHECK ((length(method) <= 16)),
    CONSTRAINT audit_entry_number_check CHECK ((number >= 1)),
    CONSTRAINT audit_entry_operation_check CHECK ((length(operation) <= 100)),
    CONSTRAINT audit_entry_person_check CHECK ((person >= 1)),
    CONSTRAINT audit_entry_previous_digest_check CHECK ((length(previous_digest) = 32)),
    CONSTRAINT audit_entry_recorded_at_check CHECK (isfinite(recorded_at)),
    CONSTRAINT audit_entry_request_id_check CHECK ((length(request_id) <= 64)),
    CONSTRAINT audit_entry_status_check CHECK (((status >= 100) AND (status <= 599))),
    CONSTRAINT audit_entry_target_check CHECK ((length(target) <= 512))
);

CREATE FUNCTION public.audit_digest(e public.audit_entry) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT sha256(e.previous_digest || convert_to(
        public.audit_field(e.number::text) || public.audit_field(extract(epoch FROM e.at)::text)
        || public.audit_field(extract(epoch FROM e.recorded_at)::text) || public.audit_field(e.request_id)
        || public.audit_field(host(e.address)) || public.audit_field(e.actor) || public.audit_field(e.person::text)
        || public.audit_field(e.supplier_id::text) || public.audit_field(e.operation) || public.audit_field(e.method)
        || public.audit_field(e.target) || public.audit_field(e.status::text) || public.audit_field(e.kind)
        || public.audit_field(encode(e.body_sha256, 'hex'))
        || CASE WHEN e.calls = 1 THEN '' ELSE public.audit_field(e.calls::text) END, 'UTF8'))
$$;

CREATE FUNCTION public.audit_field(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$SELECT coalesce(octet_length(value) || ':' || value, '-') || chr(10)$$;

CREATE FUNCTION public.audit_link() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    last record;
BEGIN
    SELECT number, digest INTO last FROM audit_entry ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.recorded_at := clock_timestamp();
    NEW.previous_digest := coalesce(last.digest, decode(repeat('00', 32), 'hex'));
    NEW.digest := audit_digest(NEW);
    RETURN NEW;
END $$;

CREATE FUNCTION public.audit_lock() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_entry'));
    RETURN NULL;
END $$;

CREATE FUNCTION public.audit_network(address inet) RETURNS inet
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$SELECT network(set_masklen(address, CASE family(address) WHEN 4 THEN 24 ELSE 64 END))::inet$$;

CREATE FUNCTION public.distribution_refuse_attempt() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    refused text;
BEGIN
    SELECT format('d%s-%s', a.distribution, a.payout) INTO refused FROM added a
    WHERE EXISTS (SELECT FROM distribution_aside s WHERE (s.distribution, s.payout) = (a.distribution, a.payout))
       OR EXISTS (SELECT FROM distribution_payout_end e WHERE (e.distribution, e.payout) = (a.distribution, a.payout))
       OR EXISTS (SELECT FROM distribution_cancel c WHERE c.distribution = a.distribution)
    LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'payout % is aside, ended or being cancelled: it is not paid', refused
            USING ERRCODE = 'integrity_constraint_violation', TABLE = 'distribution_payout_attempt';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.distribution_refuse_replacement() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM added n JOIN distribution_attempt a ON a.id = n.attempt WHERE a.replaces IS NOT NULL) THEN
        RAISE EXCEPTION 'the payouts of a replacement stay with the attempt that it replaces'
            USING ERRCODE = 'integrity_constraint_violation', TABLE = 'distribution_payout_attempt';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.distribution_refuse_return() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    refused text;
BEGIN
    SELECT format('d%s-%s', a.distribution, a.payout) INTO refused FROM added a
    JOIN distribution_payout_attempt t ON (t.distribution, t.payout) = (a.distribution, a.payout)
    LEFT JOIN distribution_attempt_end e ON e.attempt = t.attempt
    WHERE a.outcome = 'returned' AND e.outcome IS DISTINCT FROM 'failed' AND e.outcome IS DISTINCT FROM 'expired'
    LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'payout % has an attempt that may have paid it: it is not returned', refused
            USING ERRCODE = 'integrity_constraint_violation', TABLE = 'distribution_payout_end';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.estimate_clear(of_season text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM estimate_supplier WHERE season = of_season;
    DELETE FROM estimate_line WHERE season = of_season;
    DELETE FROM estimate WHERE season = of_season;
$$;

CREATE FUNCTION public.estimate_sum_up() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO estimate_supplier (season, supplier_id, devices, lines, observed, up, grace, points, amount, outcomes)
    SELECT NEW.season, supplier_id, count(DISTINCT device), count(*), sum(observed), sum(up), sum(grace), sum(points), sum(amount),
        ARRAY[count(*) FILTER (WHERE outcome = 1), count(*) FILTER (WHERE outcome = 2), count(*) FILTER (WHERE outcome = 3),
            count(*) FILTER (WHERE outcome = 4), count(*) FILTER (WHERE outcome = 5), count(*) FILTER (WHERE outcome = 6),
            count(*) FILTER (WHERE outcome = 7)]
    FROM estimate_line WHERE season = NEW.season GROUP BY supplier_id;
    RETURN NULL;
END $$;

CREATE FUNCTION public.fact_refuse_back() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'the horizon of facts is %: it does not go back to %', OLD.as_of, NEW.as_of
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.fact_refuse_backdated() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('facts'));
    IF NEW.recorded_at <= (SELECT as_of FROM fact_horizon) THEN
        RAISE EXCEPTION 'a row of % cannot be recorded as of %: that was read already; stamp it with fact_stamp()', TG_TABLE_NAME, NEW.recorded_at
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.fact_stamp() RETURNS timestamp with time zone
    LANGUAGE sql
    AS $$SELECT greatest(clock_timestamp(), as_of + interval '1 microsecond') FROM fact_horizon$$;

CREATE FUNCTION public.incident_unresolved(of_season text, season_from timestamp with time zone, season_to timestamp with time zone, moment timestamp with time zone) RETURNS bigint[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
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

CREATE FUNCTION public.ledger_counterpart(account bigint, OUT kind text, OUT season text) RETURNS record
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    SELECT a.kind, a.season INTO kind, season FROM ledger_account a WHERE a.id = account AND a.supplier_id IS NULL;
END $$;

CREATE FUNCTION public.ledger_refuse_adrift() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE journal IS DISTINCT FROM (SELECT max(number) FROM ledger_journal)) THEN
        RAISE EXCEPTION 'a transfer is not of the newest journal; post a new journal instead'
            USING ERRCODE = 'foreign_key_violation', TABLE = 'ledger_transfer';
    END IF;
    IF EXISTS (SELECT FROM added t LEFT JOIN ledger_account d ON d.id = t.debit
               LEFT JOIN ledger_account c ON c.id = t.credit WHERE d.id IS NULL OR c.id IS NULL) THEN
        RAISE EXCEPTION 'a transfer names an account that does not exist; open it first'
            USING ERRCODE = 'foreign_key_violation', TABLE = 'ledger_transfer';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.metadata_refuse_released() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    decided bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('review of held changes'));
    SELECT added.change_seq INTO decided
    FROM added
    JOIN device_change c ON c.seq = added.change_seq
    WHERE c.channel <> 'worker-api'
       OR EXISTS (SELECT FROM metadata_release r WHERE r.change_seq = added.change_seq)
       OR NOT EXISTS (SELECT FROM metadata_hold h LEFT JOIN metadata_release r ON r.hold_id = h.id
                      WHERE r.id IS NULL AND c.changed_at >= h.held_from AND c.changed_at < h.held_to)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'change % is not set aside by a hold, or released: it cannot be refused', decided
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.metadata_release_refused() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    decided bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('review of held changes'));
    SELECT x.change_seq INTO decided
    FROM metadata_refusal x
    JOIN device_change c ON c.seq = x.change_seq
    WHERE EXISTS (SELECT FROM added WHERE added.change_seq = x.change_seq)
       OR EXISTS (SELECT FROM added JOIN metadata_hold h ON h.id = added.hold_id
                  WHERE c.changed_at >= h.held_from AND c.changed_at < h.held_to)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'change % is refused: it cannot be released as well', decided
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only: % refused; record a new row instead', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.river_job_state_in_bitmask(bitmask bit, state public.river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;

CREATE FUNCTION public.slot_at_or_after(instant timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    AS $$SELECT ceil(extract(epoch FROM instant) / 300)::bigint$$;

CREATE FUNCTION public.snapshot_refuse_edit() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF (NEW.id, NEW.season, NEW.revision, NEW.as_of, NEW.estimate, NEW.reopenings, NEW.taken_by)
        IS DISTINCT FROM (OLD.id, OLD.season, OLD.revision, OLD.as_of, OLD.estimate, OLD.reopenings, OLD.taken_by)
        OR (OLD.state, NEW.state) NOT IN (
            ('taking', 'draft'), ('taking', 'failed'), ('taking', 'superseded'),
            ('draft', 'approved'), ('draft', 'rejected'), ('draft', 'superseded'),
            ('approved', 'sealed'), ('approved', 'superseded'))
        OR OLD.decided_by IS NOT NULL AND (NEW.decided_by, NEW.decided_at, NEW.decision, NEW.approved_digest)
        IS DISTINCT FROM (OLD.decided_by, OLD.decided_at, OLD.decision, OLD.approved_digest)
        OR OLD.digest IS NOT NULL
        AND (NEW.points, NEW.allocated, NEW.residual, NEW.lines, NEW.suppliers, NEW.observed_slots, NEW.season_slots, NEW.digest,
             NEW.drawn, NEW.corrects)
        IS DISTINCT FROM (OLD.points, OLD.allocated, OLD.residual, OLD.lines, OLD.suppliers, OLD.observed_slots, OLD.season_slots,
             OLD.digest, OLD.drawn, OLD.corrects)
    THEN
        RAISE EXCEPTION 'snapshot %/r% is %: it is never edited; take a new revision instead', OLD.season, OLD.revision, OLD.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.snapshot_refuse_ready() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NEW.state <> 'taking' OR NEW.as_of IS DISTINCT FROM (SELECT as_of FROM fact_horizon) THEN
        RAISE EXCEPTION 'snapshot %/r% cannot begin as %, as of %: take it', NEW.season, NEW.revision, NEW.state, NEW.as_of
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.snapshot_refuse_undecided() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
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

CREATE FUNCTION public.snapshot_sum_up() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.supplier_device_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM supplier_device_fold(ARRAY(SELECT DISTINCT device FROM added));
    RETURN NULL;
END $$;

CREATE FUNCTION public.supplier_device_fold(devices integer[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
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

CREATE FUNCTION public.supplier_device_hold() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM supplier_device_fold(ARRAY(
        SELECT DISTINCT c.device FROM added h JOIN device_change c
            ON c.channel = 'worker-api' AND c.changed_at >= h.held_from AND c.changed_at < h.held_to));
    RETURN NULL;
END $$;

CREATE FUNCTION public.supplier_device_register() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO supplier_device (supplier_id, device, device_id, from_slot, registered_at, gpu_model, gpu_count,
        connectivity, device_name, status)
    SELECT supplier_id, number, id, slot_at_or_after(registered_at), registered_at, gpu_model, gpu_count,
        connectivity, device_name, status FROM added;
    RETURN NULL;
END $$;

CREATE FUNCTION public.supplier_device_release() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM supplier_device_fold(ARRAY(
        SELECT c.device FROM added r JOIN device_change c ON c.seq = r.change_seq
        UNION
        SELECT c.device FROM added r JOIN metadata_hold h ON h.id = r.hold_id JOIN device_change c
            ON c.channel = 'worker-api' AND c.changed_at >= h.held_from AND c.changed_at < h.held_to));
    RETURN NULL;
END $$;

CREATE FUNCTION public.supplier_has_line(of_device integer) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT FROM supplier_device WHERE device = of_device AND supplier_id = current_setting('uptally.supplier')::uuid)
        OR EXISTS (SELECT FROM snapshot s JOIN snapshot_line l ON l.snapshot_id = s.id AND l.shard = of_device / 1024 AND l.device = of_device
                   WHERE s.state = 'sealed' AND l.supplier_id = current_setting('uptally.supplier')::uuid)
        OR EXISTS (SELECT FROM estimate s JOIN estimate_line l ON l.season = s.season AND l.device = of_device
                   WHERE l.supplier_id = current_setting('uptally.supplier')::uuid);
$$;

CREATE FUNCTION public.supplier_line_device(of_device integer) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT id FROM device WHERE number = of_device AND supplier_has_line(number);
$$;

CREATE FUNCTION public.supplier_line_number(of_id uuid) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT number FROM device WHERE id = of_id AND supplier_has_line(number);
$$;

CREATE FUNCTION public.supplier_timeline(of_device uuid, from_hour bigint, to_hour bigint, OUT device integer, OUT supplier_id uuid, OUT registered_at timestamp with time zone, OUT days bytea[], OUT up integer[], OUT observed integer[], OUT owned integer[], OUT kind text, OUT decided_at timestamp with time zone, OUT effective_at timestamp with time zone, OUT reason text, OUT seasons text[], OUT windows bigint[]) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER ROWS 1
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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

CREATE FUNCTION public.uptime_drop_strips() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.uptime_make_partitions(span_from timestamp with time zone, span_to timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
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

CREATE FUNCTION public.uptime_refuse_closed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'hour % is closed: its slots do not change; reopen it first', OLD.hour
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.uptime_refuse_reopening() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE TABLE public.api_replay (
    actor text NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status integer NOT NULL,
    header jsonb NOT NULL,
    body bytea NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT api_replay_actor_check CHECK (((length(actor) >= 1) AND (length(actor) <= 600))),
    CONSTRAINT api_replay_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
    CONSTRAINT api_replay_request_check CHECK ((length(request) = 32)),
    CONSTRAINT api_replay_status_check CHECK (((status >= 200) AND (status <= 499)))
);

CREATE TABLE public.appeal (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    supplier_id uuid NOT NULL,
    season text NOT NULL,
    revision integer NOT NULL,
    device integer NOT NULL,
    device_id uuid NOT NULL,
    first_slot bigint NOT NULL,
    end_slot bigint NOT NULL,
    outcome smallint NOT NULL,
    notes smallint NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    evidence text[] DEFAULT '{}'::text[] NOT NULL,
    within_days integer NOT NULL,
    answer_days integer NOT NULL,
    opened_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    reviewed_by bigint,
    reviewed_at timestamp with time zone,
    withdrawn_by bigint,
    ended_at timestamp with time zone,
    CONSTRAINT appeal_amount_check CHECK ((amount >= 0)),
    CONSTRAINT appeal_answer_days_check CHECK (((answer_days >= 1) AND (answer_days <= 365))),
    CONSTRAINT appeal_check CHECK ((end_slot > first_slot)),
    CONSTRAINT appeal_check1 CHECK ((due_at > recorded_at)),
    CONSTRAINT appeal_check2 CHECK ((ended_at >= recorded_at)),
    CONSTRAINT appeal_check3 CHECK (((state = ANY (ARRAY['open'::text, 'in_review'::text])) = (ended_at IS NULL))),
    CONSTRAINT appeal_check4 CHECK (((state = 'withdrawn'::text) = (withdrawn_by IS NOT NULL))),
    CONSTRAINT appeal_check5 CHECK (((reviewed_by IS NULL) = (reviewed_at IS NULL))),
    CONSTRAINT appeal_check6 CHECK (((state <> 'in_review'::text) OR (reviewed_by IS NOT NULL))),
    CONSTRAINT appeal_check7 CHECK (((state <> 'open'::text) OR (reviewed_by IS NULL))),
    CONSTRAINT appeal_evidence_check CHECK (((cardinality(evidence) <= 10) AND (length(array_to_string(evidence, ''::text)) <= 5000))),
    CONSTRAINT appeal_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 4000))),
    CONSTRAINT appeal_self_review CHECK ((reviewed_by <> opened_by)),
    CONSTRAINT appeal_state_check CHECK ((state = ANY (ARRAY['open'::text, 'in_review'::text, 'accepted'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT appeal_within_days_check CHECK (((within_days >= 1) AND (within_days <= 365)))
);

ALTER TABLE ONLY public.appeal FORCE ROW LEVEL SECURITY;

CREATE TABLE public.appeal_answer (
    appeal uuid NOT NULL,
    supplier_id uuid NOT NULL,
    opened_by bigint NOT NULL,
    answered_by bigint NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    verdict bigint,
    grace_window bigint,
    released_hold bigint,
    released_change bigint,
    revision integer,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT appeal_answer_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'refused'::text]))),
    CONSTRAINT appeal_answer_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 4000))),
    CONSTRAINT appeal_came_of_it CHECK (((outcome = 'refused'::text) OR (num_nonnulls(verdict, grace_window, released_hold, released_change, revision) > 0))),
    CONSTRAINT appeal_self_answer CHECK ((answered_by <> opened_by))
);

ALTER TABLE ONLY public.appeal_answer FORCE ROW LEVEL SECURITY;

CREATE TABLE public.audit_alert (
    id bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    count bigint NOT NULL,
    threshold bigint NOT NULL,
    span interval NOT NULL,
    first_number bigint NOT NULL,
    last_number bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audit_alert_check CHECK ((count >= threshold)),
    CONSTRAINT audit_alert_check1 CHECK ((last_number >= first_number)),
    CONSTRAINT audit_alert_check2 CHECK (((kind = 'refusals'::text) = (subject = ''::text))),
    CONSTRAINT audit_alert_first_number_check CHECK ((first_number >= 1)),
    CONSTRAINT audit_alert_kind_check CHECK ((kind = ANY (ARRAY['refusals'::text, 'refusals_of_address'::text, 'refusals_of_network'::text, 'writes_of_actor'::text, 'probing_of_actor'::text, 'probing_of_address'::text, 'probing_of_network'::text]))),
    CONSTRAINT audit_alert_span_check CHECK ((span > '00:00:00'::interval)),
    CONSTRAINT audit_alert_subject_check CHECK ((length(subject) <= 512)),
    CONSTRAINT audit_alert_threshold_check CHECK ((threshold >= 1))
);

CREATE TABLE public.audit_alert_delivery (
    alert bigint NOT NULL,
    delivered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.audit_alert ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_head (
    number bigint NOT NULL,
    digest bytea NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audit_head_digest_check CHECK ((length(digest) = 32)),
    CONSTRAINT audit_head_number_check CHECK ((number >= 1))
);

CREATE TABLE public.device (
    number integer NOT NULL,
    id uuid NOT NULL,
    seq bigint NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    channel text NOT NULL,
    supplier_id uuid NOT NULL,
    gpu_model text NOT NULL,
    gpu_count integer NOT NULL,
    connectivity text NOT NULL,
    device_name text,
    status text,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT device_channel_check CHECK ((channel = 'registration'::text)),
    CONSTRAINT device_gpu_count_check CHECK ((gpu_count >= 1)),
    CONSTRAINT device_number_check CHECK ((number >= 0))
);

CREATE TABLE public.device_change (
    device integer NOT NULL,
    seq bigint NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    channel text NOT NULL,
    supplier_id uuid,
    gpu_model text,
    gpu_count integer,
    connectivity text,
    device_name text,
    status text,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT device_change_channel_check CHECK ((channel = ANY (ARRAY['registration'::text, 'user'::text, 'worker-api'::text]))),
    CONSTRAINT device_change_gpu_count_check CHECK ((gpu_count >= 1))
);

CREATE TABLE public.device_orphan (
    log text NOT NULL,
    device_id uuid NOT NULL,
    key text NOT NULL,
    body jsonb NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT device_orphan_log_check CHECK ((log = ANY (ARRAY['changes'::text, 'verdicts'::text, 'job-minutes'::text])))
);

CREATE TABLE public.distribution (
    number bigint NOT NULL,
    id text GENERATED ALWAYS AS (('d'::text || (number)::text)) STORED NOT NULL,
    key text NOT NULL,
    reason text NOT NULL,
    minimum_asked bigint,
    minimum bigint NOT NULL,
    journal bigint NOT NULL,
    payees bigint NOT NULL,
    total bigint NOT NULL,
    manifest_sha256 bytea NOT NULL,
    prepared_by bigint NOT NULL,
    prepared_at timestamp with time zone NOT NULL,
    rail text,
    source jsonb,
    CONSTRAINT distribution_check CHECK ((total >= payees)),
    CONSTRAINT distribution_check1 CHECK ((minimum = COALESCE(minimum_asked, minimum))),
    CONSTRAINT distribution_check2 CHECK (((rail = 'transactions'::text) = (source IS NOT NULL))),
    CONSTRAINT distribution_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
    CONSTRAINT distribution_manifest_sha256_check CHECK ((length(manifest_sha256) = 32)),
    CONSTRAINT distribution_minimum_asked_check CHECK ((minimum_asked >= 0)),
    CONSTRAINT distribution_minimum_check CHECK ((minimum >= 0)),
    CONSTRAINT distribution_number_check CHECK ((number >= 1)),
    CONSTRAINT distribution_payees_check CHECK ((payees >= 1)),
    CONSTRAINT distribution_prepared_at_check CHECK (isfinite(prepared_at)),
    CONSTRAINT distribution_rail_check CHECK ((rail = ANY (ARRAY['transactions'::text, 'solana-tokens'::text, 'merkle'::text]))),
    CONSTRAINT distribution_reason_check CHECK ((reason <> ''::text))
);

ALTER TABLE ONLY public.distribution FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_approval (
    distribution bigint NOT NULL,
    prepared_by bigint NOT NULL,
    manifest_sha256 bytea NOT NULL,
    approved_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT distribution_approval_check CHECK ((approved_by <> prepared_by))
);

ALTER TABLE ONLY public.distribution_approval FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_aside (
    distribution bigint NOT NULL,
    payout integer NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    set_by bigint,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT distribution_aside_detail_check CHECK ((detail <> ''::text)),
    CONSTRAINT distribution_aside_reason_check CHECK ((reason = ANY (ARRAY['wallet_frozen'::text, 'refused_by_chain'::text])))
);

ALTER TABLE ONLY public.distribution_aside FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_attempt (
    id bigint NOT NULL,
    distribution bigint NOT NULL,
    batch integer NOT NULL,
    message bytea NOT NULL,
    blockhash text NOT NULL,
    nonce_account text,
    last_valid bigint,
    attempted_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    replaces bigint,
    CONSTRAINT distribution_attempt_check CHECK (((nonce_account IS NULL) = (last_valid IS NOT NULL))),
    CONSTRAINT distribution_attempt_check1 CHECK (((replaces IS NULL) OR (nonce_account IS NOT NULL))),
    CONSTRAINT distribution_attempt_last_valid_check CHECK ((last_valid >= 0))
);

ALTER TABLE ONLY public.distribution_attempt FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_attempt_end (
    attempt bigint NOT NULL,
    outcome text NOT NULL,
    signature text,
    slot bigint,
    detail text NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT distribution_attempt_end_check CHECK (((outcome = 'expired'::text) = (slot IS NULL))),
    CONSTRAINT distribution_attempt_end_check1 CHECK (((outcome = 'expired'::text) = (signature IS NULL))),
    CONSTRAINT distribution_attempt_end_outcome_check CHECK ((outcome = ANY (ARRAY['landed'::text, 'failed'::text, 'expired'::text]))),
    CONSTRAINT distribution_attempt_end_slot_check CHECK ((slot >= 0))
);

ALTER TABLE ONLY public.distribution_attempt_end FORCE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_attempt ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.distribution_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.distribution_attempt_signed (
    attempt bigint NOT NULL,
    signature text NOT NULL,
    transaction bytea NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.distribution_attempt_signed FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_batch (
    distribution bigint NOT NULL,
    number integer NOT NULL,
    id text GENERATED ALWAYS AS (((('d'::text || (distribution)::text) || '-b'::text) || (number)::text)) STORED NOT NULL,
    part_of integer,
    memo text NOT NULL,
    CONSTRAINT distribution_batch_check CHECK ((part_of < number)),
    CONSTRAINT distribution_batch_memo_check CHECK ((memo <> ''::text)),
    CONSTRAINT distribution_batch_number_check CHECK ((number >= 1))
);

CREATE TABLE public.distribution_batch_payout (
    distribution bigint NOT NULL,
    batch integer NOT NULL,
    payout integer NOT NULL
);

CREATE TABLE public.distribution_cancel (
    distribution bigint NOT NULL,
    asked_by bigint NOT NULL,
    reason text NOT NULL,
    unpaid boolean NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT distribution_cancel_reason_check CHECK ((reason <> ''::text))
);

CREATE TABLE public.distribution_cancel_approval (
    distribution bigint NOT NULL,
    asked_by bigint NOT NULL,
    approved_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT distribution_cancel_approval_check CHECK ((approved_by <> asked_by))
);

CREATE TABLE public.distribution_carried (
    distribution bigint NOT NULL,
    supplier_id uuid NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    CONSTRAINT distribution_carried_amount_check CHECK ((amount > 0)),
    CONSTRAINT distribution_carried_reason_check CHECK ((reason = ANY (ARRAY['below_minimum'::text, 'no_wallet'::text, 'wallet_on_hold'::text, 'wallet_frozen'::text])))
);

ALTER TABLE ONLY public.distribution_carried FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_export (
    id bigint NOT NULL,
    distribution bigint NOT NULL,
    exported_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.distribution_export ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.distribution_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.distribution_file (
    distribution bigint NOT NULL,
    name text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    contents bytea NOT NULL,
    CONSTRAINT distribution_file_check CHECK ((bytes = length(contents))),
    CONSTRAINT distribution_file_check1 CHECK ((sha256 = sha256(contents))),
    CONSTRAINT distribution_file_name_check CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'::text)),
    CONSTRAINT distribution_file_rows_check CHECK ((rows >= 0))
);
ALTER TABLE ONLY public.distribution_file ALTER COLUMN contents SET STORAGE EXTERNAL;

CREATE TABLE public.distribution_payout (
    distribution bigint NOT NULL,
    number integer NOT NULL,
    id text GENERATED ALWAYS AS (((('d'::text || (distribution)::text) || '-'::text) || (number)::text)) STORED NOT NULL,
    supplier_id uuid NOT NULL,
    wallet text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT distribution_payout_amount_check CHECK ((amount > 0)),
    CONSTRAINT distribution_payout_number_check CHECK ((number >= 1)),
    CONSTRAINT distribution_payout_wallet_check CHECK (((length(wallet) >= 32) AND (length(wallet) <= 44)))
);

ALTER TABLE ONLY public.distribution_payout FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_payout_attempt (
    distribution bigint NOT NULL,
    payout integer NOT NULL,
    turn integer NOT NULL,
    attempt bigint NOT NULL,
    previous_turn integer GENERATED ALWAYS AS (NULLIF((turn - 1), 0)) STORED,
    previous bigint,
    previous_outcome text,
    CONSTRAINT distribution_payout_attempt_check CHECK (((turn = 1) = (previous IS NULL))),
    CONSTRAINT distribution_payout_attempt_check1 CHECK ((num_nulls(previous, previous_outcome) = ANY (ARRAY[0, 2]))),
    CONSTRAINT distribution_payout_attempt_previous_outcome_check CHECK ((previous_outcome = ANY (ARRAY['failed'::text, 'expired'::text]))),
    CONSTRAINT distribution_payout_attempt_turn_check CHECK ((turn >= 1))
);

ALTER TABLE ONLY public.distribution_payout_attempt FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_payout_end (
    distribution bigint NOT NULL,
    payout integer NOT NULL,
    outcome text NOT NULL,
    journal bigint NOT NULL,
    signature text,
    evidence text,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT distribution_payout_end_check CHECK (((outcome = 'paid'::text) = (signature IS NOT NULL))),
    CONSTRAINT distribution_payout_end_check1 CHECK (((outcome = 'paid'::text) = (evidence IS NOT NULL))),
    CONSTRAINT distribution_payout_end_evidence_check CHECK ((evidence = ANY (ARRAY['chain'::text, 'file'::text]))),
    CONSTRAINT distribution_payout_end_outcome_check CHECK ((outcome = ANY (ARRAY['paid'::text, 'returned'::text]))),
    CONSTRAINT distribution_payout_end_signature_check CHECK ((signature <> ''::text))
);

ALTER TABLE ONLY public.distribution_payout_end FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_payout_line (
    distribution bigint NOT NULL,
    payout integer NOT NULL,
    season text NOT NULL,
    revision integer NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT distribution_payout_line_amount_check CHECK ((amount > 0)),
    CONSTRAINT distribution_payout_line_revision_check CHECK ((revision >= 1)),
    CONSTRAINT distribution_payout_line_season_check CHECK (((length(season) >= 1) AND (length(season) <= 63)))
);

ALTER TABLE ONLY public.distribution_payout_line FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_set_off (
    distribution bigint NOT NULL,
    supplier_id uuid NOT NULL,
    season text NOT NULL,
    revision integer NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT distribution_set_off_amount_check CHECK ((amount > 0)),
    CONSTRAINT distribution_set_off_revision_check CHECK ((revision >= 1)),
    CONSTRAINT distribution_set_off_season_check CHECK (((length(season) >= 1) AND (length(season) <= 63)))
);

ALTER TABLE ONLY public.distribution_set_off FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_tree (
    distribution bigint NOT NULL,
    number integer NOT NULL,
    id text GENERATED ALWAYS AS (((('d'::text || (distribution)::text) || '-t'::text) || (number)::text)) STORED NOT NULL,
    root bytea NOT NULL,
    nodes integer NOT NULL,
    total bigint NOT NULL,
    CONSTRAINT distribution_tree_check CHECK ((total >= nodes)),
    CONSTRAINT distribution_tree_nodes_check CHECK (((nodes >= 1) AND (nodes <= 12000))),
    CONSTRAINT distribution_tree_number_check CHECK ((number >= 1)),
    CONSTRAINT distribution_tree_root_check CHECK ((length(root) = 32))
);

ALTER TABLE ONLY public.distribution_tree FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_tree_funding (
    distribution bigint NOT NULL,
    tree integer NOT NULL,
    vault text NOT NULL,
    signature text NOT NULL,
    evidence text NOT NULL,
    recorded_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT distribution_tree_funding_evidence_check CHECK ((evidence = ANY (ARRAY['chain'::text, 'file'::text]))),
    CONSTRAINT distribution_tree_funding_signature_check CHECK ((signature <> ''::text)),
    CONSTRAINT distribution_tree_funding_vault_check CHECK (((length(vault) >= 32) AND (length(vault) <= 44)))
);

ALTER TABLE ONLY public.distribution_tree_funding FORCE ROW LEVEL SECURITY;

CREATE TABLE public.distribution_tree_payout (
    distribution bigint NOT NULL,
    payout integer NOT NULL,
    tree integer NOT NULL
);

ALTER TABLE ONLY public.distribution_tree_payout FORCE ROW LEVEL SECURITY;

CREATE TABLE public.estimate (
    season text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    points numeric(39,0) NOT NULL,
    allocated bigint NOT NULL,
    residual bigint NOT NULL,
    lines bigint NOT NULL,
    suppliers bigint NOT NULL,
    observed_slots integer NOT NULL,
    season_slots integer NOT NULL,
    CONSTRAINT estimate_allocated_check CHECK ((allocated >= 0)),
    CONSTRAINT estimate_lines_check CHECK ((lines >= 0)),
    CONSTRAINT estimate_points_check CHECK ((points >= (0)::numeric)),
    CONSTRAINT estimate_residual_check CHECK ((residual >= 0)),
    CONSTRAINT estimate_suppliers_check CHECK ((suppliers >= 0))
);

ALTER TABLE ONLY public.estimate FORCE ROW LEVEL SECURITY;

CREATE TABLE public.estimate_line (
    season text NOT NULL,
    device integer NOT NULL,
    first_slot bigint NOT NULL,
    end_slot bigint NOT NULL,
    supplier_id uuid NOT NULL,
    observed integer NOT NULL,
    up integer NOT NULL,
    grace integer NOT NULL,
    longest_run integer NOT NULL,
    weight_millionths bigint NOT NULL,
    job_minutes bigint NOT NULL,
    points bigint NOT NULL,
    amount bigint NOT NULL,
    outcome smallint NOT NULL,
    notes smallint NOT NULL,
    CONSTRAINT estimate_line_amount_check CHECK ((amount >= 0)),
    CONSTRAINT estimate_line_check CHECK ((end_slot > first_slot)),
    CONSTRAINT estimate_line_check1 CHECK (((up >= 0) AND (up <= observed))),
    CONSTRAINT estimate_line_check2 CHECK (((grace >= 0) AND (grace <= (observed - up)))),
    CONSTRAINT estimate_line_check3 CHECK (((longest_run >= 0) AND (longest_run <= observed))),
    CONSTRAINT estimate_line_job_minutes_check CHECK ((job_minutes >= 0)),
    CONSTRAINT estimate_line_observed_check CHECK ((observed >= 0)),
    CONSTRAINT estimate_line_points_check CHECK ((points >= 0)),
    CONSTRAINT estimate_line_weight_millionths_check CHECK ((weight_millionths >= 0))
);

ALTER TABLE ONLY public.estimate_line FORCE ROW LEVEL SECURITY;

CREATE TABLE public.estimate_supplier (
    season text NOT NULL,
    supplier_id uuid NOT NULL,
    devices integer NOT NULL,
    lines integer NOT NULL,
    observed bigint NOT NULL,
    up bigint NOT NULL,
    grace bigint NOT NULL,
    points numeric(39,0) NOT NULL,
    amount bigint NOT NULL,
    outcomes integer[] NOT NULL,
    CONSTRAINT estimate_supplier_amount_check CHECK ((amount >= 0)),
    CONSTRAINT estimate_supplier_check CHECK (((devices >= 1) AND (devices <= lines))),
    CONSTRAINT estimate_supplier_check1 CHECK (((up >= 0) AND (up <= observed))),
    CONSTRAINT estimate_supplier_check2 CHECK (((grace >= 0) AND (grace <= (observed - up)))),
    CONSTRAINT estimate_supplier_outcomes_check CHECK ((cardinality(outcomes) = 7)),
    CONSTRAINT estimate_supplier_points_check CHECK ((points >= (0)::numeric))
);

ALTER TABLE ONLY public.estimate_supplier FORCE ROW LEVEL SECURITY;

CREATE TABLE public.fact_horizon (
    one boolean DEFAULT true NOT NULL,
    as_of timestamp with time zone NOT NULL,
    CONSTRAINT fact_horizon_one_check CHECK (one)
);

CREATE TABLE public.goose_db_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.goose_db_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.goose_db_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.grace_approval (
    window_id bigint NOT NULL,
    season text NOT NULL,
    window_from timestamp with time zone NOT NULL,
    window_to timestamp with time zone NOT NULL,
    proposed_by bigint NOT NULL,
    approved_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT grace_approval_check CHECK ((approved_by <> proposed_by))
);

ALTER TABLE ONLY public.grace_approval FORCE ROW LEVEL SECURITY;

CREATE TABLE public.grace_window (
    id bigint NOT NULL,
    season text NOT NULL,
    window_from timestamp with time zone NOT NULL,
    window_to timestamp with time zone NOT NULL,
    cause text NOT NULL,
    lookback integer NOT NULL,
    min_before text NOT NULL,
    sustain integer NOT NULL,
    reconnect_by timestamp with time zone NOT NULL,
    credit text NOT NULL,
    cap integer,
    require_genuine boolean NOT NULL,
    proposed_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT grace_window_cap_check CHECK ((cap >= 0)),
    CONSTRAINT grace_window_cause_check CHECK ((cause <> ''::text)),
    CONSTRAINT grace_window_check CHECK ((window_to > window_from)),
    CONSTRAINT grace_window_credit_check CHECK ((credit = ANY (ARRAY['full'::text, 'own_rate'::text]))),
    CONSTRAINT grace_window_lookback_check CHECK ((lookback >= 1)),
    CONSTRAINT grace_window_sustain_check CHECK ((sustain >= 1))
);

ALTER TABLE ONLY public.grace_window FORCE ROW LEVEL SECURITY;

ALTER TABLE public.grace_window ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.grace_window_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.incident (
    id bigint NOT NULL,
    kind text NOT NULL,
    opened timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT incident_kind_check CHECK ((kind = ANY (ARRAY['collapse'::text, 'surge'::text]))),
    CONSTRAINT incident_opened_check CHECK (((EXTRACT(epoch FROM opened) % (300)::numeric) = (0)::numeric))
);

CREATE TABLE public.incident_dismissal (
    incident bigint NOT NULL,
    season text NOT NULL,
    reason text NOT NULL,
    person_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT incident_dismissal_reason_check CHECK ((reason <> ''::text))
);

CREATE TABLE public.incident_end (
    id bigint NOT NULL,
    incident bigint NOT NULL,
    kind text NOT NULL,
    opened timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    reason text NOT NULL,
    person_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT incident_end_check CHECK (((ends > opened) AND ((EXTRACT(epoch FROM ends) % (300)::numeric) = (0)::numeric))),
    CONSTRAINT incident_end_kind_check CHECK ((kind = 'collapse'::text)),
    CONSTRAINT incident_end_reason_check CHECK ((reason <> ''::text))
);

ALTER TABLE public.incident_end ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incident_end_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.incident ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.incident_reading (
    scan bigint NOT NULL,
    incident bigint NOT NULL,
    kind text NOT NULL,
    opened timestamp with time zone NOT NULL,
    ends timestamp with time zone,
    baseline bigint,
    lowest bigint,
    lowest_at timestamp with time zone,
    recovered timestamp with time zone,
    closed timestamp with time zone,
    accepted_end timestamp with time zone,
    half_back timestamp with time zone,
    nine_tenths_back timestamp with time zone,
    vanished bigint,
    returned bigint,
    devices bigint,
    changes bigint,
    curve_from timestamp with time zone NOT NULL,
    curve_step integer NOT NULL,
    curve bigint[] NOT NULL,
    CONSTRAINT incident_reading_baseline_check CHECK ((baseline > 0)),
    CONSTRAINT incident_reading_check CHECK ((ends > opened)),
    CONSTRAINT incident_reading_check1 CHECK (((lowest >= 0) AND (lowest < baseline))),
    CONSTRAINT incident_reading_check10 CHECK ((num_nonnulls(devices, changes) =
CASE kind
    WHEN 'surge'::text THEN 2
    ELSE 0
END)),
    CONSTRAINT incident_reading_check11 CHECK (((kind = 'collapse'::text) OR (num_nonnulls(recovered, closed, accepted_end, half_back, nine_tenths_back) = 0))),
    CONSTRAINT incident_reading_check12 CHECK (((recovered IS NULL) = (closed IS NULL))),
    CONSTRAINT incident_reading_check13 CHECK (
CASE kind
    WHEN 'collapse'::text THEN (NOT (ends IS DISTINCT FROM COALESCE(accepted_end, recovered)))
    ELSE (ends IS NOT NULL)
END),
    CONSTRAINT incident_reading_check2 CHECK ((lowest_at >= opened)),
    CONSTRAINT incident_reading_check3 CHECK ((recovered > opened)),
    CONSTRAINT incident_reading_check4 CHECK ((closed > recovered)),
    CONSTRAINT incident_reading_check5 CHECK ((half_back > lowest_at)),
    CONSTRAINT incident_reading_check6 CHECK ((nine_tenths_back >= half_back)),
    CONSTRAINT incident_reading_check7 CHECK (((returned >= 0) AND (returned <= vanished))),
    CONSTRAINT incident_reading_check8 CHECK ((changes >= devices)),
    CONSTRAINT incident_reading_check9 CHECK ((num_nonnulls(baseline, lowest, lowest_at, vanished, returned) =
CASE kind
    WHEN 'collapse'::text THEN 5
    ELSE 0
END)),
    CONSTRAINT incident_reading_curve_step_check CHECK ((curve_step >= 1)),
    CONSTRAINT incident_reading_devices_check CHECK ((devices > 0)),
    CONSTRAINT incident_reading_vanished_check CHECK ((vanished >= 0))
);

CREATE TABLE public.incident_scan (
    id bigint NOT NULL,
    as_of timestamp with time zone NOT NULL,
    last_pull bigint NOT NULL,
    pulls bigint NOT NULL,
    observed bigint NOT NULL,
    last_end bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT incident_scan_as_of_check CHECK (isfinite(as_of)),
    CONSTRAINT incident_scan_observed_check CHECK ((observed >= 0)),
    CONSTRAINT incident_scan_pulls_check CHECK ((pulls >= 0))
);

ALTER TABLE public.incident_scan ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incident_scan_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.job_minutes (
    device integer NOT NULL,
    day date NOT NULL,
    minutes integer NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT job_minutes_minutes_check CHECK ((minutes >= 0))
);

CREATE TABLE public.job_minutes_read (
    day date NOT NULL,
    rows bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT job_minutes_read_rows_check CHECK ((rows >= 0))
);

CREATE TABLE public.ledger_account (
    id bigint NOT NULL,
    kind text NOT NULL,
    season text,
    supplier_id uuid,
    balance bigint DEFAULT 0 NOT NULL,
    path text GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'treasury'::text) THEN 'treasury'::text
    WHEN (kind = ANY (ARRAY['pool'::text, 'reserve'::text])) THEN ((('season/'::text || season) || '/'::text) || kind)
    ELSE ((('supplier/'::text || (supplier_id)::text) || '/'::text) || kind)
END) STORED NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT ledger_account_check CHECK (((kind = 'treasury'::text) OR (balance >= 0))),
    CONSTRAINT ledger_account_check1 CHECK (((season IS NOT NULL) = (kind = ANY (ARRAY['pool'::text, 'reserve'::text])))),
    CONSTRAINT ledger_account_check2 CHECK (((supplier_id IS NOT NULL) = (kind = ANY (ARRAY['earned'::text, 'transit'::text, 'paid'::text, 'owing'::text])))),
    CONSTRAINT ledger_account_kind_check CHECK ((kind = ANY (ARRAY['treasury'::text, 'pool'::text, 'reserve'::text, 'earned'::text, 'transit'::text, 'paid'::text, 'owing'::text]))),
    CONSTRAINT ledger_account_season_check CHECK ((season ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.ledger_account FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.ledger_journal (
    number bigint NOT NULL,
    act text NOT NULL,
    key text NOT NULL,
    actor bigint NOT NULL,
    reason text NOT NULL,
    season text,
    revision integer,
    subject_digest bytea,
    payout_minimum bigint,
    count bigint NOT NULL,
    total bigint NOT NULL,
    posted_at timestamp with time zone NOT NULL,
    transfers_digest bytea NOT NULL,
    previous_number bigint GENERATED ALWAYS AS (NULLIF((number - 1), 0)) STORED,
    previous_digest bytea NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT ledger_journal_act_check CHECK ((act = ANY (ARRAY['fund'::text, 'seal'::text, 'correct'::text, 'prepare'::text, 'settle'::text, 'return'::text]))),
    CONSTRAINT ledger_journal_check CHECK ((total >= count)),
    CONSTRAINT ledger_journal_check1 CHECK (((number > 1) OR (previous_digest = decode(repeat('00'::text, 32), 'hex'::text)))),
    CONSTRAINT ledger_journal_check2 CHECK (((act = ANY (ARRAY['seal'::text, 'correct'::text])) = (revision IS NOT NULL))),
    CONSTRAINT ledger_journal_check3 CHECK ((num_nulls(revision, payout_minimum) = ANY (ARRAY[0, 2]))),
    CONSTRAINT ledger_journal_check4 CHECK (((revision IS NULL) OR (num_nulls(season, subject_digest) = 0))),
    CONSTRAINT ledger_journal_count_check CHECK ((count >= 0)),
    CONSTRAINT ledger_journal_digest_check CHECK ((length(digest) = 32)),
    CONSTRAINT ledger_journal_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
    CONSTRAINT ledger_journal_number_check CHECK ((number >= 1)),
    CONSTRAINT ledger_journal_payout_minimum_check CHECK ((payout_minimum >= 0)),
    CONSTRAINT ledger_journal_posted_at_check CHECK (isfinite(posted_at)),
    CONSTRAINT ledger_journal_previous_digest_check CHECK ((length(previous_digest) = 32)),
    CONSTRAINT ledger_journal_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT ledger_journal_revision_check CHECK ((revision >= 1)),
    CONSTRAINT ledger_journal_season_check CHECK ((season ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text)),
    CONSTRAINT ledger_journal_subject_digest_check CHECK ((length(subject_digest) = 32)),
    CONSTRAINT ledger_journal_transfers_digest_check CHECK ((length(transfers_digest) = 32))
);

ALTER TABLE ONLY public.ledger_journal FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_transfer (
    journal bigint NOT NULL,
    number integer NOT NULL,
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT ledger_transfer_amount_check CHECK ((amount > 0)),
    CONSTRAINT ledger_transfer_check CHECK ((credit <> debit)),
    CONSTRAINT ledger_transfer_number_check CHECK ((number >= 1))
);

ALTER TABLE ONLY public.ledger_transfer FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_verification (
    id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    journals bigint NOT NULL,
    transfers bigint NOT NULL,
    accounts bigint NOT NULL,
    head_number bigint,
    head_digest bytea,
    faults bigint NOT NULL,
    first_faults text[] NOT NULL,
    CONSTRAINT ledger_verification_accounts_check CHECK ((accounts >= 0)),
    CONSTRAINT ledger_verification_check CHECK ((cardinality(first_faults) = LEAST(faults, (100)::bigint))),
    CONSTRAINT ledger_verification_check1 CHECK ((num_nulls(head_number, head_digest) = ANY (ARRAY[0, 2]))),
    CONSTRAINT ledger_verification_faults_check CHECK ((faults >= 0)),
    CONSTRAINT ledger_verification_head_digest_check CHECK ((length(head_digest) = 32)),
    CONSTRAINT ledger_verification_head_number_check CHECK ((head_number >= 1)),
    CONSTRAINT ledger_verification_journals_check CHECK ((journals >= 0)),
    CONSTRAINT ledger_verification_transfers_check CHECK ((transfers >= 0))
);

ALTER TABLE public.ledger_verification ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_verification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.metadata_hold (
    id bigint NOT NULL,
    held_from timestamp with time zone NOT NULL,
    held_to timestamp with time zone NOT NULL,
    reason text NOT NULL,
    person_id bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT metadata_hold_check CHECK ((held_to > held_from)),
    CONSTRAINT metadata_hold_reason_check CHECK ((reason <> ''::text))
);

ALTER TABLE ONLY public.metadata_hold FORCE ROW LEVEL SECURITY;

ALTER TABLE public.metadata_hold ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.metadata_hold_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.metadata_refusal (
    change_seq bigint NOT NULL,
    reason text NOT NULL,
    person_id bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT metadata_refusal_reason_check CHECK ((reason <> ''::text))
);

CREATE TABLE public.metadata_release (
    id bigint NOT NULL,
    hold_id bigint,
    change_seq bigint,
    reason text NOT NULL,
    person_id bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT metadata_release_check CHECK ((num_nonnulls(hold_id, change_seq) = 1)),
    CONSTRAINT metadata_release_reason_check CHECK ((reason <> ''::text))
);

ALTER TABLE ONLY public.metadata_release FORCE ROW LEVEL SECURITY;

ALTER TABLE public.metadata_release ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.metadata_release_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.person (
    id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.person ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.person_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.person_name (
    kind text NOT NULL,
    name text NOT NULL,
    person_id bigint NOT NULL,
    CONSTRAINT person_name_kind_check CHECK ((kind = ANY (ARRAY['cli'::text, 'token'::text, 'supplier'::text]))),
    CONSTRAINT person_name_name_check CHECK ((name <> ''::text))
);

CREATE TABLE public.river_job (
    id bigint NOT NULL,
    state public.river_job_state DEFAULT 'available'::public.river_job_state NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint DEFAULT 25 NOT NULL,
    attempted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finalized_at timestamp with time zone,
    scheduled_at timestamp with time zone DEFAULT now() NOT NULL,
    priority smallint DEFAULT 1 NOT NULL,
    args jsonb NOT NULL,
    attempted_by text[],
    errors jsonb[],
    kind text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    tags character varying(255)[] DEFAULT '{}'::character varying[] NOT NULL,
    unique_key bytea,
    unique_states bit(8),
    CONSTRAINT finalized_or_finalized_at_null CHECK ((((finalized_at IS NULL) AND (state <> ALL (ARRAY['cancelled'::public.river_job_state, 'completed'::public.river_job_state, 'discarded'::public.river_job_state]))) OR ((finalized_at IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::public.river_job_state, 'completed'::public.river_job_state, 'discarded'::public.river_job_state]))))),
    CONSTRAINT kind_length CHECK (((char_length(kind) > 0) AND (char_length(kind) < 128))),
    CONSTRAINT max_attempts_is_positive CHECK ((max_attempts > 0)),
    CONSTRAINT priority_in_range CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT queue_length CHECK (((char_length(queue) > 0) AND (char_length(queue) < 128)))
);

CREATE SEQUENCE public.river_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.river_job_id_seq OWNED BY public.river_job.id;

CREATE UNLOGGED TABLE public.river_leader (
    elected_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    leader_id text NOT NULL,
    name text DEFAULT 'default'::text NOT NULL,
    CONSTRAINT leader_id_length CHECK (((char_length(leader_id) > 0) AND (char_length(leader_id) < 128))),
    CONSTRAINT name_length CHECK ((name = 'default'::text))
);

CREATE TABLE public.river_migration (
    line text NOT NULL,
    version bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT line_length CHECK (((char_length(line) > 0) AND (char_length(line) < 128))),
    CONSTRAINT version_gte_1 CHECK ((version >= 1))
);

CREATE TABLE public.river_notification (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (((length(topic) > 0) AND (length(topic) < 128)))
);

CREATE SEQUENCE public.river_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.river_notification_id_seq OWNED BY public.river_notification.id;

CREATE TABLE public.river_queue (
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE public.ruleset (
    sha256 bytea NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    toml bytea NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT ruleset_check CHECK ((sha256(toml) = sha256)),
    CONSTRAINT ruleset_name_check CHECK ((name <> ''::text)),
    CONSTRAINT ruleset_sha256_check CHECK ((length(sha256) = 32)),
    CONSTRAINT ruleset_version_check CHECK ((version >= 1))
);

ALTER TABLE ONLY public.ruleset FORCE ROW LEVEL SECURITY;

CREATE TABLE public.season (
    code text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    pool bigint NOT NULL,
    ruleset bytea NOT NULL,
    created_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT season_check CHECK ((last_day >= first_day)),
    CONSTRAINT season_code_check CHECK ((code ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text)),
    CONSTRAINT season_pool_check CHECK ((pool >= 0))
);

ALTER TABLE ONLY public.season FORCE ROW LEVEL SECURITY;

CREATE TABLE public.snapshot (
    id bigint NOT NULL,
    season text NOT NULL,
    revision integer NOT NULL,
    state text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    estimate boolean NOT NULL,
    reopenings bigint NOT NULL,
    taken_by bigint NOT NULL,
    failure text DEFAULT ''::text NOT NULL,
    points numeric(39,0),
    allocated bigint,
    residual bigint,
    lines bigint,
    suppliers bigint,
    observed_slots integer,
    season_slots integer,
    digest bytea,
    decided_by bigint,
    decided_at timestamp with time zone,
    decision text DEFAULT ''::text NOT NULL,
    approved_digest bytea,
    sealed_by bigint,
    sealed_at timestamp with time zone,
    drawn bigint DEFAULT 0 NOT NULL,
    corrects bigint,
    logs_read timestamp with time zone,
    CONSTRAINT snapshot_allocated_check CHECK ((allocated >= 0)),
    CONSTRAINT snapshot_check CHECK ((decided_by <> taken_by)),
    CONSTRAINT snapshot_check1 CHECK (((state = 'failed'::text) = (failure <> ''::text))),
    CONSTRAINT snapshot_check10 CHECK (((state <> ALL (ARRAY['approved'::text, 'sealed'::text])) OR (NOT estimate))),
    CONSTRAINT snapshot_check11 CHECK (((drawn = 0) OR (corrects IS NOT NULL))),
    CONSTRAINT snapshot_check12 CHECK (((corrects IS NULL) OR (digest IS NOT NULL))),
    CONSTRAINT snapshot_check2 CHECK (((state = 'superseded'::text) OR ((state = ANY (ARRAY['taking'::text, 'failed'::text])) = (digest IS NULL)))),
    CONSTRAINT snapshot_check3 CHECK ((num_nulls(points, allocated, residual, lines, suppliers, observed_slots, season_slots, digest) = ANY (ARRAY[0, 8]))),
    CONSTRAINT snapshot_check4 CHECK (((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT snapshot_check5 CHECK (((state <> ALL (ARRAY['approved'::text, 'sealed'::text, 'rejected'::text])) OR (decided_by IS NOT NULL))),
    CONSTRAINT snapshot_check6 CHECK (((state <> ALL (ARRAY['taking'::text, 'failed'::text, 'draft'::text])) OR (decided_by IS NULL))),
    CONSTRAINT snapshot_check7 CHECK (((state <> ALL (ARRAY['approved'::text, 'sealed'::text])) OR (NOT (approved_digest IS DISTINCT FROM digest)))),
    CONSTRAINT snapshot_check8 CHECK (((state = 'sealed'::text) = (sealed_at IS NOT NULL))),
    CONSTRAINT snapshot_check9 CHECK (((sealed_at IS NULL) = (sealed_by IS NULL))),
    CONSTRAINT snapshot_digest_check CHECK ((length(digest) = 32)),
    CONSTRAINT snapshot_drawn_check CHECK ((drawn >= 0)),
    CONSTRAINT snapshot_points_check CHECK ((points >= (0)::numeric)),
    CONSTRAINT snapshot_residual_check CHECK ((residual >= 0)),
    CONSTRAINT snapshot_revision_check CHECK ((revision >= 1)),
    CONSTRAINT snapshot_state_check CHECK ((state = ANY (ARRAY['taking'::text, 'failed'::text, 'draft'::text, 'approved'::text, 'sealed'::text, 'rejected'::text, 'superseded'::text])))
);

ALTER TABLE ONLY public.snapshot FORCE ROW LEVEL SECURITY;

CREATE TABLE public.snapshot_group (
    snapshot_id bigint NOT NULL,
    number integer NOT NULL,
    scored_at timestamp with time zone,
    points numeric(39,0),
    lines integer,
    inputs bytea,
    staged bytea,
    digest bytea,
    CONSTRAINT snapshot_group_check CHECK ((num_nulls(scored_at, points, lines, inputs) = ANY (ARRAY[0, 4]))),
    CONSTRAINT snapshot_group_number_check CHECK ((number >= 0))
);
ALTER TABLE ONLY public.snapshot_group ALTER COLUMN staged SET STORAGE EXTERNAL;

ALTER TABLE public.snapshot ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.snapshot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.snapshot_line (
    snapshot_id bigint NOT NULL,
    shard integer NOT NULL,
    device integer NOT NULL,
    first_slot bigint NOT NULL,
    end_slot bigint NOT NULL,
    supplier_id uuid NOT NULL,
    observed integer NOT NULL,
    up integer NOT NULL,
    grace integer NOT NULL,
    longest_run integer NOT NULL,
    weight_millionths bigint NOT NULL,
    job_minutes bigint NOT NULL,
    points bigint NOT NULL,
    amount bigint NOT NULL,
    outcome smallint NOT NULL,
    notes smallint NOT NULL,
    CONSTRAINT snapshot_line_amount_check CHECK ((amount >= 0)),
    CONSTRAINT snapshot_line_check CHECK ((end_slot > first_slot)),
    CONSTRAINT snapshot_line_check1 CHECK (((up >= 0) AND (up <= observed))),
    CONSTRAINT snapshot_line_check2 CHECK (((grace >= 0) AND (grace <= (observed - up)))),
    CONSTRAINT snapshot_line_check3 CHECK (((longest_run >= 0) AND (longest_run <= observed))),
    CONSTRAINT snapshot_line_job_minutes_check CHECK ((job_minutes >= 0)),
    CONSTRAINT snapshot_line_observed_check CHECK ((observed >= 0)),
    CONSTRAINT snapshot_line_points_check CHECK ((points >= 0)),
    CONSTRAINT snapshot_line_weight_millionths_check CHECK ((weight_millionths >= 0))
);

ALTER TABLE ONLY public.snapshot_line FORCE ROW LEVEL SECURITY;

CREATE TABLE public.snapshot_override (
    id bigint NOT NULL,
    snapshot_id bigint NOT NULL,
    guards text[] NOT NULL,
    reason text NOT NULL,
    asked_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT snapshot_override_guards_check CHECK ((cardinality(guards) > 0)),
    CONSTRAINT snapshot_override_reason_check CHECK ((reason <> ''::text))
);

CREATE TABLE public.snapshot_override_approval (
    override_id bigint NOT NULL,
    asked_by bigint NOT NULL,
    approved_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT snapshot_override_approval_check CHECK ((approved_by <> asked_by))
);

ALTER TABLE public.snapshot_override ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.snapshot_override_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.snapshot_supplier (
    snapshot_id bigint NOT NULL,
    supplier_id uuid NOT NULL,
    devices integer NOT NULL,
    lines integer NOT NULL,
    observed bigint NOT NULL,
    up bigint NOT NULL,
    grace bigint NOT NULL,
    points numeric(39,0) NOT NULL,
    amount bigint NOT NULL,
    outcomes integer[] NOT NULL,
    CONSTRAINT snapshot_supplier_amount_check CHECK ((amount >= 0)),
    CONSTRAINT snapshot_supplier_check CHECK (((devices >= 1) AND (devices <= lines))),
    CONSTRAINT snapshot_supplier_check1 CHECK (((up >= 0) AND (up <= observed))),
    CONSTRAINT snapshot_supplier_check2 CHECK (((grace >= 0) AND (grace <= (observed - up)))),
    CONSTRAINT snapshot_supplier_outcomes_check CHECK ((cardinality(outcomes) = 7)),
    CONSTRAINT snapshot_supplier_points_check CHECK ((points >= (0)::numeric))
);

ALTER TABLE ONLY public.snapshot_supplier FORCE ROW LEVEL SECURITY;

CREATE TABLE public.snapshot_total (
    snapshot_id bigint NOT NULL,
    devices bigint NOT NULL,
    outcomes bigint[] NOT NULL,
    CONSTRAINT snapshot_total_devices_check CHECK ((devices >= 0)),
    CONSTRAINT snapshot_total_outcomes_check CHECK ((cardinality(outcomes) = 7))
);

ALTER TABLE ONLY public.snapshot_total FORCE ROW LEVEL SECURITY;

CREATE TABLE public.supplier_device (
    supplier_id uuid NOT NULL,
    device integer NOT NULL,
    device_id uuid NOT NULL,
    from_slot bigint NOT NULL,
    to_slot bigint,
    registered_at timestamp with time zone NOT NULL,
    gpu_model text NOT NULL,
    gpu_count integer NOT NULL,
    connectivity text NOT NULL,
    device_name text,
    status text,
    CONSTRAINT supplier_device_check CHECK ((to_slot > from_slot))
);

ALTER TABLE ONLY public.supplier_device FORCE ROW LEVEL SECURITY;

CREATE TABLE public.supplier_wallet (
    id bigint NOT NULL,
    supplier_id uuid NOT NULL,
    address text NOT NULL,
    recorded_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT supplier_wallet_address_check CHECK ((((length(address) >= 32) AND (length(address) <= 44)) AND (address !~ '[^1-9A-HJ-NP-Za-km-z]'::text)))
);

ALTER TABLE ONLY public.supplier_wallet FORCE ROW LEVEL SECURITY;

ALTER TABLE public.supplier_wallet ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.supplier_wallet_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.task (
    id uuid NOT NULL,
    kind text NOT NULL,
    arguments jsonb NOT NULL,
    input bytea,
    asked_by bigint NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT task_arguments_check CHECK ((jsonb_typeof(arguments) = 'object'::text)),
    CONSTRAINT task_input_check CHECK ((length(input) <= 33554432)),
    CONSTRAINT task_kind_check CHECK ((kind = ANY (ARRAY['preview'::text, 'prepare'::text, 'approve_cancel'::text, 'settle_receipts'::text, 'settle_funding'::text, 'settle_chain'::text, 'reconcile_chain'::text, 'import_wallets'::text])))
);

CREATE TABLE public.task_end (
    task uuid NOT NULL,
    outcome text NOT NULL,
    result jsonb,
    refusal text,
    error text,
    ended_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT task_end_check CHECK (((outcome = 'done'::text) = (result IS NOT NULL))),
    CONSTRAINT task_end_check1 CHECK (((outcome = 'failed'::text) = (refusal IS NOT NULL))),
    CONSTRAINT task_end_check2 CHECK (((refusal IS NULL) = (error IS NULL))),
    CONSTRAINT task_end_error_check CHECK ((error <> ''::text)),
    CONSTRAINT task_end_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'failed'::text]))),
    CONSTRAINT task_end_refusal_check CHECK ((refusal ~ '^[a-z]+(-[a-z]+)*$'::text)),
    CONSTRAINT task_end_result_check CHECK ((jsonb_typeof(result) = 'object'::text))
);

CREATE TABLE public.task_start (
    task uuid NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.uptime_archive (
    id bigint NOT NULL,
    source text NOT NULL,
    manifest_sha256 bytea NOT NULL,
    files bigint NOT NULL,
    heartbeats bigint NOT NULL,
    out_of_window bigint NOT NULL,
    proposed_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT uptime_archive_check CHECK (((out_of_window >= 0) AND (out_of_window <= heartbeats))),
    CONSTRAINT uptime_archive_files_check CHECK ((files >= 1)),
    CONSTRAINT uptime_archive_heartbeats_check CHECK ((heartbeats >= 0)),
    CONSTRAINT uptime_archive_manifest_sha256_check CHECK ((length(manifest_sha256) = 32)),
    CONSTRAINT uptime_archive_source_check CHECK ((source <> ''::text))
);

CREATE TABLE public.uptime_archive_approval (
    archive bigint NOT NULL,
    manifest_sha256 bytea NOT NULL,
    proposed_by bigint NOT NULL,
    approved_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT uptime_archive_approval_check CHECK ((approved_by <> proposed_by))
);

ALTER TABLE public.uptime_archive ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.uptime_archive_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.uptime_archive_span (
    archive bigint NOT NULL,
    span_from timestamp with time zone NOT NULL,
    span_to timestamp with time zone NOT NULL,
    CONSTRAINT uptime_archive_span_check CHECK ((span_to > span_from)),
    CONSTRAINT uptime_archive_span_span_from_check CHECK (((EXTRACT(epoch FROM span_from) % (300)::numeric) = (0)::numeric)),
    CONSTRAINT uptime_archive_span_span_to_check CHECK (((EXTRACT(epoch FROM span_to) % (300)::numeric) = (0)::numeric))
);

CREATE TABLE public.uptime_chunk (
    shard integer NOT NULL,
    hour timestamp with time zone NOT NULL,
    up bit(12288) NOT NULL,
    CONSTRAINT uptime_chunk_shard_check CHECK ((shard >= 0))
)
PARTITION BY RANGE (hour);
ALTER TABLE ONLY public.uptime_chunk ALTER COLUMN up SET STORAGE PLAIN;

CREATE TABLE public.uptime_coverage (
    hour timestamp with time zone NOT NULL,
    observed bit(12) DEFAULT '000000000000'::"bit" NOT NULL,
    final bit(12) DEFAULT '000000000000'::"bit" NOT NULL,
    closed_at timestamp with time zone,
    reopened integer DEFAULT 0 NOT NULL,
    CONSTRAINT uptime_coverage_check CHECK (((closed_at IS NULL) OR (final = '111111111111'::"bit"))),
    CONSTRAINT uptime_coverage_reopened_check CHECK ((reopened >= 0))
);

ALTER TABLE ONLY public.uptime_coverage FORCE ROW LEVEL SECURITY;

CREATE TABLE public.uptime_given_up (
    slot timestamp with time zone NOT NULL,
    person_id bigint,
    reason text NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT uptime_given_up_reason_check CHECK ((reason <> ''::text))
);

CREATE TABLE public.uptime_log (
    name text NOT NULL,
    cursor text NOT NULL,
    rows bigint NOT NULL,
    read_to_end timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT uptime_log_name_check CHECK ((name = ANY (ARRAY['changes'::text, 'verdicts'::text]))),
    CONSTRAINT uptime_log_rows_check CHECK ((rows >= 0))
);

CREATE TABLE public.uptime_mend (
    slot timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

CREATE TABLE public.uptime_population (
    hour timestamp with time zone NOT NULL,
    up integer[] NOT NULL,
    CONSTRAINT uptime_population_up_check CHECK (((cardinality(up) = 12) AND (0 <= ALL (up))))
);

ALTER TABLE ONLY public.uptime_population FORCE ROW LEVEL SECURITY;

CREATE TABLE public.uptime_pull (
    id bigint NOT NULL,
    window_from timestamp with time zone NOT NULL,
    window_to timestamp with time zone NOT NULL,
    pages bigint NOT NULL,
    heartbeats bigint NOT NULL,
    accepted bigint NOT NULL,
    unknown bigint NOT NULL,
    out_of_window bigint NOT NULL,
    late bigint NOT NULL,
    bodies_sha256 bytea NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    cause text NOT NULL,
    archive bigint,
    CONSTRAINT uptime_pull_accepted_check CHECK ((accepted >= 0)),
    CONSTRAINT uptime_pull_bodies_sha256_check CHECK ((length(bodies_sha256) = 32)),
    CONSTRAINT uptime_pull_check CHECK ((window_to > window_from)),
    CONSTRAINT uptime_pull_check1 CHECK ((ended_at >= started_at)),
    CONSTRAINT uptime_pull_check2 CHECK (((outcome = 'merged'::text) = (cause = ''::text))),
    CONSTRAINT uptime_pull_check3 CHECK (((outcome <> 'merged'::text) OR (heartbeats = (((accepted + unknown) + out_of_window) + late)))),
    CONSTRAINT uptime_pull_heartbeats_check CHECK ((heartbeats >= 0)),
    CONSTRAINT uptime_pull_late_check CHECK ((late >= 0)),
    CONSTRAINT uptime_pull_out_of_window_check CHECK ((out_of_window >= 0)),
    CONSTRAINT uptime_pull_outcome_check CHECK ((outcome = ANY (ARRAY['merged'::text, 'malformed'::text, 'unauthorised'::text, 'unavailable'::text]))),
    CONSTRAINT uptime_pull_pages_check CHECK ((pages >= 0)),
    CONSTRAINT uptime_pull_unknown_check CHECK ((unknown >= 0))
);

ALTER TABLE public.uptime_pull ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.uptime_pull_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.uptime_reopening (
    id bigint NOT NULL,
    hour_from timestamp with time zone NOT NULL,
    hour_to timestamp with time zone NOT NULL,
    reason text NOT NULL,
    proposed_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT uptime_reopening_check CHECK ((hour_to > hour_from)),
    CONSTRAINT uptime_reopening_hour_from_check CHECK (((EXTRACT(epoch FROM hour_from) % (3600)::numeric) = (0)::numeric)),
    CONSTRAINT uptime_reopening_hour_to_check CHECK (((EXTRACT(epoch FROM hour_to) % (3600)::numeric) = (0)::numeric)),
    CONSTRAINT uptime_reopening_reason_check CHECK ((reason <> ''::text))
);

CREATE TABLE public.uptime_reopening_approval (
    reopening bigint NOT NULL,
    hour_from timestamp with time zone NOT NULL,
    hour_to timestamp with time zone NOT NULL,
    proposed_by bigint NOT NULL,
    approved_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT uptime_reopening_approval_check CHECK ((approved_by <> proposed_by))
);

ALTER TABLE public.uptime_reopening ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.uptime_reopening_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.uptime_strip (
    strip integer NOT NULL,
    day date NOT NULL,
    observed bytea NOT NULL,
    up bytea NOT NULL,
    CONSTRAINT uptime_strip_observed_check CHECK ((length(observed) = 36)),
    CONSTRAINT uptime_strip_strip_check CHECK ((strip >= 0)),
    CONSTRAINT uptime_strip_up_check CHECK ((length(up) = 1152))
);
ALTER TABLE ONLY public.uptime_strip ALTER COLUMN observed SET STORAGE PLAIN;
ALTER TABLE ONLY public.uptime_strip ALTER COLUMN up SET STORAGE PLAIN;

CREATE TABLE public.uptime_summary (
    hour timestamp with time zone NOT NULL,
    devices bigint[] NOT NULL,
    heartbeats bigint[] NOT NULL,
    read_at timestamp with time zone NOT NULL,
    CONSTRAINT uptime_summary_devices_check CHECK ((cardinality(devices) = 12)),
    CONSTRAINT uptime_summary_heartbeats_check CHECK ((cardinality(heartbeats) = 12)),
    CONSTRAINT uptime_summary_hour_check CHECK (((EXTRACT(epoch FROM hour) % (3600)::numeric) = (0)::numeric))
);

CREATE TABLE public.uptime_summary_read (
    id bigint NOT NULL,
    span_from timestamp with time zone NOT NULL,
    span_to timestamp with time zone NOT NULL,
    refusal text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT uptime_summary_read_check CHECK ((span_to > span_from))
);

ALTER TABLE public.uptime_summary_read ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.uptime_summary_read_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.verdict (
    device integer NOT NULL,
    by_hand boolean NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    evidence text NOT NULL,
    person_id bigint,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT verdict_by_hand_reasoned CHECK (((NOT by_hand) OR ((reason <> ''::text) AND (evidence <> ''::text)))),
    CONSTRAINT verdict_check CHECK ((by_hand = (person_id IS NOT NULL))),
    CONSTRAINT verdict_kind_check CHECK ((kind = ANY (ARRAY['spoofed'::text, 'genuine'::text])))
);

ALTER TABLE ONLY public.verdict FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE public.verdict_by_hand
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.wallet (
    id bigint NOT NULL,
    supplier_id uuid NOT NULL,
    address text NOT NULL,
    nonce text,
    allowance bigint,
    active_from timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT wallet_active_from_check CHECK (isfinite(active_from)),
    CONSTRAINT wallet_check CHECK ((recorded_at <= active_from)),
    CONSTRAINT wallet_check1 CHECK (((nonce IS NULL) <> (allowance IS NULL)))
);

ALTER TABLE ONLY public.wallet FORCE ROW LEVEL SECURITY;

CREATE TABLE public.wallet_allowance (
    id bigint NOT NULL,
    supplier_id uuid NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    asked_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT wallet_allowance_address_check CHECK ((((length(address) >= 32) AND (length(address) <= 44)) AND (address !~ '[^1-9A-HJ-NP-Za-km-z]'::text))),
    CONSTRAINT wallet_allowance_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT wallet_allowance_recorded_at_check CHECK (isfinite(recorded_at))
);

CREATE TABLE public.wallet_allowance_approval (
    allowance bigint NOT NULL,
    asked_by bigint NOT NULL,
    approved_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT wallet_allowance_approval_check CHECK ((approved_by <> asked_by)),
    CONSTRAINT wallet_allowance_approval_recorded_at_check CHECK (isfinite(recorded_at))
);

ALTER TABLE public.wallet_allowance ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.wallet_allowance_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.wallet_challenge (
    number bigint NOT NULL,
    id text GENERATED ALWAYS AS (('c'::text || (number)::text)) STORED NOT NULL,
    supplier_id uuid NOT NULL,
    address text NOT NULL,
    domain text NOT NULL,
    nonce text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    text text NOT NULL,
    issued_by bigint NOT NULL,
    CONSTRAINT wallet_challenge_address_check CHECK ((((length(address) >= 32) AND (length(address) <= 44)) AND (address !~ '[^1-9A-HJ-NP-Za-km-z]'::text))),
    CONSTRAINT wallet_challenge_check CHECK ((isfinite(expires_at) AND (expires_at > issued_at))),
    CONSTRAINT wallet_challenge_check1 CHECK (((length(text) <= 1000) AND (strpos(text, nonce) > 0) AND (strpos(text, address) > 0))),
    CONSTRAINT wallet_challenge_domain_check CHECK (((length(domain) >= 1) AND (length(domain) <= 64))),
    CONSTRAINT wallet_challenge_issued_at_check CHECK (isfinite(issued_at)),
    CONSTRAINT wallet_challenge_nonce_check CHECK ((nonce ~ '^[0-9a-f]{32}$'::text))
);

ALTER TABLE ONLY public.wallet_challenge FORCE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_challenge ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.wallet_challenge_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.wallet_delivery (
    event bigint NOT NULL,
    delivered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.wallet_event (
    id bigint NOT NULL,
    supplier_id uuid NOT NULL,
    kind text NOT NULL,
    address text,
    wallet bigint,
    active_from timestamp with time zone,
    reason text,
    person bigint,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT wallet_event_active_from_check CHECK (isfinite(active_from)),
    CONSTRAINT wallet_event_address_check CHECK (((length(address) >= 32) AND (length(address) <= 44))),
    CONSTRAINT wallet_event_check CHECK (((kind = ANY (ARRAY['pending'::text, 'activated'::text])) = (wallet IS NOT NULL))),
    CONSTRAINT wallet_event_check1 CHECK (((wallet IS NULL) = (active_from IS NULL))),
    CONSTRAINT wallet_event_check2 CHECK (((kind = ANY (ARRAY['frozen'::text, 'release_asked'::text, 'released'::text])) = (address IS NULL))),
    CONSTRAINT wallet_event_check3 CHECK (((kind <> ALL (ARRAY['frozen'::text, 'release_asked'::text, 'allow_asked'::text])) OR (reason IS NOT NULL))),
    CONSTRAINT wallet_event_kind_check CHECK ((kind = ANY (ARRAY['proved'::text, 'pending'::text, 'activated'::text, 'frozen'::text, 'release_asked'::text, 'released'::text, 'allow_asked'::text, 'allowed'::text]))),
    CONSTRAINT wallet_event_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT wallet_event_recorded_at_check CHECK (isfinite(recorded_at))
);

ALTER TABLE ONLY public.wallet_event FORCE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.wallet_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.wallet_freeze (
    id bigint NOT NULL,
    supplier_id uuid NOT NULL,
    reason text NOT NULL,
    frozen_by bigint,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT wallet_freeze_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT wallet_freeze_recorded_at_check CHECK (isfinite(recorded_at))
);

ALTER TABLE ONLY public.wallet_freeze FORCE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_freeze ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.wallet_freeze_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.wallet ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.wallet_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.wallet_proof (
    nonce text NOT NULL,
    supplier_id uuid NOT NULL,
    address text NOT NULL,
    challenge bigint,
    text text NOT NULL,
    form text NOT NULL,
    signature bytea NOT NULL,
    recorded_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT wallet_proof_address_check CHECK ((((length(address) >= 32) AND (length(address) <= 44)) AND (address !~ '[^1-9A-HJ-NP-Za-km-z]'::text))),
    CONSTRAINT wallet_proof_check CHECK (((length(text) <= 1000) AND (strpos(text, nonce) > 0) AND (strpos(text, address) > 0))),
    CONSTRAINT wallet_proof_form_check CHECK ((form = ANY (ARRAY['raw'::text, 'offchain'::text, 'offchain_v0'::text, 'offchain_v1'::text]))),
    CONSTRAINT wallet_proof_nonce_check CHECK ((nonce ~ '^[0-9a-f]{32}$'::text)),
    CONSTRAINT wallet_proof_recorded_at_check CHECK (isfinite(recorded_at)),
    CONSTRAINT wallet_proof_signature_check CHECK ((length(signature) = 64))
);

ALTER TABLE ONLY public.wallet_proof FORCE ROW LEVEL SECURITY;

CREATE TABLE public.wallet_release (
    id bigint NOT NULL,
    supplier_id uuid NOT NULL,
    lifts bigint NOT NULL,
    reason text NOT NULL,
    asked_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT wallet_release_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT wallet_release_recorded_at_check CHECK (isfinite(recorded_at))
);

ALTER TABLE ONLY public.wallet_release FORCE ROW LEVEL SECURITY;

CREATE TABLE public.wallet_release_approval (
    release bigint NOT NULL,
    asked_by bigint NOT NULL,
    approved_by bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT wallet_release_approval_check CHECK ((approved_by <> asked_by)),
    CONSTRAINT wallet_release_approval_recorded_at_check CHECK (isfinite(recorded_at))
);

ALTER TABLE ONLY public.wallet_release_approval FORCE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_release ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.wallet_release_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.webhook (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    supplier_id uuid NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    description text NOT NULL,
    made_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT webhook_description_check CHECK ((length(description) <= 200)),
    CONSTRAINT webhook_events_check CHECK ((((cardinality(events) >= 1) AND (cardinality(events) <= 5)) AND (events <@ ARRAY['season.sealed'::text, 'payout.paid'::text, 'device.flagged'::text, 'wallet.changed'::text, 'appeal.answered'::text]))),
    CONSTRAINT webhook_url_check CHECK ((((length(url) >= 8) AND (length(url) <= 1000)) AND (url !~ '[[:space:]@]'::text)))
);

ALTER TABLE ONLY public.webhook FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_attempt (
    message uuid NOT NULL,
    number integer NOT NULL,
    supplier_id uuid NOT NULL,
    outcome text NOT NULL,
    status integer,
    next_at timestamp with time zone,
    attempted_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    cause text,
    CONSTRAINT webhook_attempt_cause_check CHECK ((cause = ANY (ARRAY['forbidden_address'::text, 'unresolved'::text, 'unconnected'::text, 'broken'::text]))),
    CONSTRAINT webhook_attempt_check CHECK (((outcome = 'delivered'::text) = ((status IS NOT NULL) AND ((status >= 200) AND (status <= 299))))),
    CONSTRAINT webhook_attempt_check1 CHECK (((outcome = ANY (ARRAY['delivered'::text, 'refused'::text, 'redirected'::text])) = (status IS NOT NULL))),
    CONSTRAINT webhook_attempt_check2 CHECK (((outcome <> 'delivered'::text) OR (next_at IS NULL))),
    CONSTRAINT webhook_attempt_check3 CHECK ((next_at >= attempted_at)),
    CONSTRAINT webhook_attempt_number_check CHECK ((number >= 1)),
    CONSTRAINT webhook_attempt_outcome_check CHECK ((outcome = ANY (ARRAY['delivered'::text, 'refused'::text, 'redirected'::text, 'timeout'::text, 'unreachable'::text]))),
    CONSTRAINT webhook_attempt_status_check CHECK (((status >= 100) AND (status <= 999))),
    CONSTRAINT webhook_attempt_unreachable_check CHECK (((cause IS NULL) OR (outcome = 'unreachable'::text)))
);

ALTER TABLE ONLY public.webhook_attempt FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_collected (
    one boolean DEFAULT true NOT NULL,
    collected_to timestamp with time zone NOT NULL,
    CONSTRAINT webhook_collected_one_check CHECK (one)
);

CREATE TABLE public.webhook_end (
    webhook uuid NOT NULL,
    supplier_id uuid NOT NULL,
    cause text NOT NULL,
    ended_by bigint,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT webhook_end_cause_check CHECK ((cause = ANY (ARRAY['deleted'::text, 'failing'::text]))),
    CONSTRAINT webhook_end_check CHECK (((cause = 'failing'::text) = (ended_by IS NULL)))
);

ALTER TABLE ONLY public.webhook_end FORCE ROW LEVEL SECURITY;

CREATE VIEW public.webhook_event WITH (security_invoker='true') AS
 SELECT 'season.sealed'::text AS kind,
    ((s.season || '/r'::text) || s.revision) AS source,
    NULL::uuid AS supplier_id,
    s.sealed_at AS occurred_at,
    s.sealed_at AS recorded_at,
    json_build_object('season', s.season, 'revision', s.revision) AS data
   FROM public.snapshot s
  WHERE (s.state = 'sealed'::text)
UNION ALL
 SELECT 'payout.paid'::text AS kind,
    p.id AS source,
    p.supplier_id,
    e.recorded_at AS occurred_at,
    e.recorded_at,
    json_build_object('payout', p.id, 'wallet', p.wallet, 'amount', json_build_object('amount', (p.amount)::text, 'decimals', 8), 'signature', e.signature) AS data
   FROM (public.distribution_payout_end e
     JOIN public.distribution_payout p ON (((p.distribution = e.distribution) AND (p.number = e.payout))))
  WHERE (e.outcome = 'paid'::text)
UNION ALL
 SELECT 'device.flagged'::text AS kind,
    format('%s/%s/%s'::text, v.device, v.by_hand, v.seq) AS source,
    d.supplier_id,
    v.decided_at AS occurred_at,
    v.recorded_at,
    json_build_object('device_id', d.device_id, 'effective_at', to_char((v.effective_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text)) AS data
   FROM (public.verdict v
     JOIN public.supplier_device d ON (((d.device = v.device) AND (d.to_slot IS NULL))))
  WHERE (v.kind = 'spoofed'::text)
UNION ALL
 SELECT 'wallet.changed'::text AS kind,
    (w.id)::text AS source,
    w.supplier_id,
    w.recorded_at AS occurred_at,
    w.recorded_at,
    json_build_object('change', w.kind, 'wallet', w.address, 'active_from', to_char((w.active_from AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text)) AS data
   FROM public.wallet_event w
  WHERE (w.kind = ANY (ARRAY['pending'::text, 'activated'::text, 'frozen'::text, 'released'::text]))
UNION ALL
 SELECT 'appeal.answered'::text AS kind,
    (w.appeal)::text AS source,
    w.supplier_id,
    w.recorded_at AS occurred_at,
    w.recorded_at,
    json_build_object('appeal', w.appeal, 'outcome', w.outcome) AS data
   FROM public.appeal_answer w;

CREATE TABLE public.webhook_message (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number bigint NOT NULL,
    webhook uuid NOT NULL,
    supplier_id uuid NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    body bytea NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT webhook_message_body_check CHECK (((length(body) >= 2) AND (length(body) <= 65536))),
    CONSTRAINT webhook_message_kind_check CHECK ((kind = ANY (ARRAY['season.sealed'::text, 'payout.paid'::text, 'device.flagged'::text, 'wallet.changed'::text, 'appeal.answered'::text, 'webhook.test'::text]))),
    CONSTRAINT webhook_message_source_check CHECK (((length(source) >= 1) AND (length(source) <= 100)))
);

ALTER TABLE ONLY public.webhook_message FORCE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_message ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_message_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.webhook_secret (
    webhook uuid NOT NULL,
    supplier_id uuid NOT NULL,
    number integer NOT NULL,
    made_by bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT webhook_secret_number_check CHECK ((number >= 1))
);

ALTER TABLE ONLY public.webhook_secret FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_turn (
    webhook uuid NOT NULL,
    supplier_id uuid NOT NULL,
    holder uuid NOT NULL,
    held_until timestamp with time zone NOT NULL,
    line_until timestamp with time zone NOT NULL
);

CREATE TABLE public.write_halt (
    number bigint NOT NULL,
    previous bigint GENERATED ALWAYS AS (NULLIF((number - 1), 0)) STORED,
    halted_by bigint NOT NULL,
    reason text NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT write_halt_number_check CHECK ((number >= 1)),
    CONSTRAINT write_halt_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);

CREATE TABLE public.write_resumption (
    halt bigint NOT NULL,
    halted_by bigint NOT NULL,
    resumed_by bigint NOT NULL,
    reason text NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT write_resumption_check CHECK ((resumed_by <> halted_by)),
    CONSTRAINT write_resumption_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);

ALTER TABLE ONLY public.river_job ALTER COLUMN id SET DEFAULT nextval('public.river_job_id_seq'::regclass);

ALTER TABLE ONLY public.river_notification ALTER COLUMN id SET DEFAULT nextval('public.river_notification_id_seq'::regclass);

ALTER TABLE ONLY public.api_replay
    ADD CONSTRAINT api_replay_pkey PRIMARY KEY (actor, key);

ALTER TABLE ONLY public.appeal_answer
    ADD CONSTRAINT appeal_answer_pkey PRIMARY KEY (appeal);

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_id_supplier_id_opened_by_key UNIQUE (id, supplier_id, opened_by);

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_alert_delivery
    ADD CONSTRAINT audit_alert_delivery_pkey PRIMARY KEY (alert);

ALTER TABLE ONLY public.audit_alert
    ADD CONSTRAINT audit_alert_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_number_digest_key UNIQUE (number, digest);

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.device_change
    ADD CONSTRAINT device_change_pkey PRIMARY KEY (device, seq);

ALTER TABLE ONLY public.device_change
    ADD CONSTRAINT device_change_seq_key UNIQUE (seq);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_id_key UNIQUE (id);

ALTER TABLE ONLY public.device_orphan
    ADD CONSTRAINT device_orphan_pkey PRIMARY KEY (device_id, log, key);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_seq_key UNIQUE (seq);

ALTER TABLE ONLY public.distribution_approval
    ADD CONSTRAINT distribution_approval_pkey PRIMARY KEY (distribution);

ALTER TABLE ONLY public.distribution_aside
    ADD CONSTRAINT distribution_aside_pkey PRIMARY KEY (distribution, payout);

ALTER TABLE ONLY public.distribution_attempt_end
    ADD CONSTRAINT distribution_attempt_end_attempt_outcome_key UNIQUE (attempt, outcome);

ALTER TABLE ONLY public.distribution_attempt_end
    ADD CONSTRAINT distribution_attempt_end_pkey PRIMARY KEY (attempt);

ALTER TABLE ONLY public.distribution_attempt
    ADD CONSTRAINT distribution_attempt_id_distribution_batch_nonce_account_bl_key UNIQUE (id, distribution, batch, nonce_account, blockhash);

ALTER TABLE ONLY public.distribution_attempt
    ADD CONSTRAINT distribution_attempt_message_key UNIQUE (message);

ALTER TABLE ONLY public.distribution_attempt
    ADD CONSTRAINT distribution_attempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.distribution_attempt_signed
    ADD CONSTRAINT distribution_attempt_signed_pkey PRIMARY KEY (attempt);

ALTER TABLE ONLY public.distribution_attempt_signed
    ADD CONSTRAINT distribution_attempt_signed_signature_key UNIQUE (signature);

ALTER TABLE ONLY public.distribution_batch
    ADD CONSTRAINT distribution_batch_distribution_memo_key UNIQUE (distribution, memo);

ALTER TABLE ONLY public.distribution_batch_payout
    ADD CONSTRAINT distribution_batch_payout_pkey PRIMARY KEY (distribution, batch, payout);

ALTER TABLE ONLY public.distribution_batch
    ADD CONSTRAINT distribution_batch_pkey PRIMARY KEY (distribution, number);

ALTER TABLE ONLY public.distribution_cancel_approval
    ADD CONSTRAINT distribution_cancel_approval_pkey PRIMARY KEY (distribution);

ALTER TABLE ONLY public.distribution_cancel
    ADD CONSTRAINT distribution_cancel_distribution_asked_by_key UNIQUE (distribution, asked_by);

ALTER TABLE ONLY public.distribution_cancel
    ADD CONSTRAINT distribution_cancel_pkey PRIMARY KEY (distribution);

ALTER TABLE ONLY public.distribution_carried
    ADD CONSTRAINT distribution_carried_pkey PRIMARY KEY (distribution, supplier_id);

ALTER TABLE ONLY public.distribution_export
    ADD CONSTRAINT distribution_export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.distribution_file
    ADD CONSTRAINT distribution_file_pkey PRIMARY KEY (distribution, name);

ALTER TABLE public.distribution
    ADD CONSTRAINT distribution_has_rail CHECK ((rail IS NOT NULL)) NOT VALID;

ALTER TABLE ONLY public.distribution
    ADD CONSTRAINT distribution_id_key UNIQUE (id);

ALTER TABLE ONLY public.distribution
    ADD CONSTRAINT distribution_journal_key UNIQUE (journal);

ALTER TABLE ONLY public.distribution
    ADD CONSTRAINT distribution_key_key UNIQUE (key);

ALTER TABLE ONLY public.distribution
    ADD CONSTRAINT distribution_number_prepared_by_manifest_sha256_key UNIQUE (number, prepared_by, manifest_sha256);

ALTER TABLE ONLY public.distribution_payout_attempt
    ADD CONSTRAINT distribution_payout_attempt_attempt_payout_key UNIQUE (attempt, payout);

ALTER TABLE ONLY public.distribution_payout_attempt
    ADD CONSTRAINT distribution_payout_attempt_distribution_payout_turn_attemp_key UNIQUE (distribution, payout, turn, attempt);

ALTER TABLE ONLY public.distribution_payout_attempt
    ADD CONSTRAINT distribution_payout_attempt_pkey PRIMARY KEY (distribution, payout, turn);

ALTER TABLE ONLY public.distribution_payout_end
    ADD CONSTRAINT distribution_payout_end_pkey PRIMARY KEY (distribution, payout);

ALTER TABLE ONLY public.distribution_payout_line
    ADD CONSTRAINT distribution_payout_line_pkey PRIMARY KEY (distribution, payout, season, revision);

ALTER TABLE ONLY public.distribution_payout
    ADD CONSTRAINT distribution_payout_pkey PRIMARY KEY (distribution, number);

ALTER TABLE ONLY public.distribution_payout
    ADD CONSTRAINT distribution_payout_supplier_id_distribution_key UNIQUE (supplier_id, distribution);

ALTER TABLE ONLY public.distribution
    ADD CONSTRAINT distribution_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.distribution_set_off
    ADD CONSTRAINT distribution_set_off_pkey PRIMARY KEY (distribution, supplier_id, season, revision);

ALTER TABLE ONLY public.distribution_tree_funding
    ADD CONSTRAINT distribution_tree_funding_pkey PRIMARY KEY (distribution, tree);

ALTER TABLE ONLY public.distribution_tree_funding
    ADD CONSTRAINT distribution_tree_funding_vault_key UNIQUE (vault);

ALTER TABLE ONLY public.distribution_tree_payout
    ADD CONSTRAINT distribution_tree_payout_pkey PRIMARY KEY (distribution, payout);

ALTER TABLE ONLY public.distribution_tree
    ADD CONSTRAINT distribution_tree_pkey PRIMARY KEY (distribution, number);

ALTER TABLE ONLY public.estimate_line
    ADD CONSTRAINT estimate_line_pkey PRIMARY KEY (season, device, first_slot);

ALTER TABLE ONLY public.estimate
    ADD CONSTRAINT estimate_pkey PRIMARY KEY (season);

ALTER TABLE ONLY public.estimate_supplier
    ADD CONSTRAINT estimate_supplier_pkey PRIMARY KEY (supplier_id, season);

ALTER TABLE ONLY public.fact_horizon
    ADD CONSTRAINT fact_horizon_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.goose_db_version
    ADD CONSTRAINT goose_db_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.grace_approval
    ADD CONSTRAINT grace_approval_pkey PRIMARY KEY (window_id);

ALTER TABLE ONLY public.grace_window
    ADD CONSTRAINT grace_window_id_season_window_from_window_to_proposed_by_key UNIQUE (id, season, window_from, window_to, proposed_by);

ALTER TABLE ONLY public.grace_window
    ADD CONSTRAINT grace_window_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.grace_approval
    ADD CONSTRAINT grace_windows_overlap EXCLUDE USING gist (season WITH =, tstzrange(window_from, window_to) WITH &&);

ALTER TABLE ONLY public.incident_dismissal
    ADD CONSTRAINT incident_dismissal_pkey PRIMARY KEY (incident, season);

ALTER TABLE ONLY public.incident_end
    ADD CONSTRAINT incident_end_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_id_kind_opened_key UNIQUE (id, kind, opened);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_kind_opened_key UNIQUE (kind, opened);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident_reading
    ADD CONSTRAINT incident_reading_pkey PRIMARY KEY (scan, incident);

ALTER TABLE ONLY public.incident_scan
    ADD CONSTRAINT incident_scan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.job_minutes
    ADD CONSTRAINT job_minutes_pkey PRIMARY KEY (device, day, recorded_at);

ALTER TABLE ONLY public.job_minutes_read
    ADD CONSTRAINT job_minutes_read_pkey PRIMARY KEY (day, recorded_at);

ALTER TABLE ONLY public.ledger_account
    ADD CONSTRAINT ledger_account_path_key UNIQUE (path);

ALTER TABLE ONLY public.ledger_account
    ADD CONSTRAINT ledger_account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ledger_journal
    ADD CONSTRAINT ledger_journal_key_key UNIQUE (key);

ALTER TABLE ONLY public.ledger_journal
    ADD CONSTRAINT ledger_journal_number_digest_key UNIQUE (number, digest);

ALTER TABLE ONLY public.ledger_journal
    ADD CONSTRAINT ledger_journal_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.ledger_journal
    ADD CONSTRAINT ledger_journal_season_revision_key UNIQUE (season, revision);

ALTER TABLE ONLY public.ledger_transfer
    ADD CONSTRAINT ledger_transfer_pkey PRIMARY KEY (journal, number);

ALTER TABLE ONLY public.ledger_verification
    ADD CONSTRAINT ledger_verification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.metadata_hold
    ADD CONSTRAINT metadata_hold_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.metadata_refusal
    ADD CONSTRAINT metadata_refusal_pkey PRIMARY KEY (change_seq);

ALTER TABLE ONLY public.metadata_release
    ADD CONSTRAINT metadata_release_change_seq_key UNIQUE (change_seq);

ALTER TABLE ONLY public.metadata_release
    ADD CONSTRAINT metadata_release_hold_id_key UNIQUE (hold_id);

ALTER TABLE ONLY public.metadata_release
    ADD CONSTRAINT metadata_release_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.person_name
    ADD CONSTRAINT person_name_pkey PRIMARY KEY (kind, name);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.river_job
    ADD CONSTRAINT river_job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.river_leader
    ADD CONSTRAINT river_leader_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.river_migration
    ADD CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version);

ALTER TABLE ONLY public.river_notification
    ADD CONSTRAINT river_notification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.river_queue
    ADD CONSTRAINT river_queue_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.ruleset
    ADD CONSTRAINT ruleset_pkey PRIMARY KEY (sha256);

ALTER TABLE ONLY public.season
    ADD CONSTRAINT season_pkey PRIMARY KEY (code);

ALTER TABLE ONLY public.snapshot_group
    ADD CONSTRAINT snapshot_group_pkey PRIMARY KEY (snapshot_id, number);

ALTER TABLE ONLY public.snapshot_line
    ADD CONSTRAINT snapshot_line_pkey PRIMARY KEY (snapshot_id, shard, device, first_slot);

ALTER TABLE ONLY public.snapshot_override_approval
    ADD CONSTRAINT snapshot_override_approval_pkey PRIMARY KEY (override_id);

ALTER TABLE ONLY public.snapshot_override
    ADD CONSTRAINT snapshot_override_id_asked_by_key UNIQUE (id, asked_by);

ALTER TABLE ONLY public.snapshot_override
    ADD CONSTRAINT snapshot_override_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_season_revision_key UNIQUE (season, revision);

ALTER TABLE ONLY public.snapshot_supplier
    ADD CONSTRAINT snapshot_supplier_pkey PRIMARY KEY (supplier_id, snapshot_id);

ALTER TABLE ONLY public.snapshot_total
    ADD CONSTRAINT snapshot_total_pkey PRIMARY KEY (snapshot_id);

ALTER TABLE ONLY public.supplier_device
    ADD CONSTRAINT supplier_device_pkey PRIMARY KEY (device, from_slot);

ALTER TABLE ONLY public.supplier_wallet
    ADD CONSTRAINT supplier_wallet_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.task_end
    ADD CONSTRAINT task_end_pkey PRIMARY KEY (task);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.task_start
    ADD CONSTRAINT task_start_pkey PRIMARY KEY (task, started_at);

ALTER TABLE ONLY public.uptime_archive_approval
    ADD CONSTRAINT uptime_archive_approval_pkey PRIMARY KEY (archive);

ALTER TABLE ONLY public.uptime_archive
    ADD CONSTRAINT uptime_archive_id_manifest_sha256_proposed_by_key UNIQUE (id, manifest_sha256, proposed_by);

ALTER TABLE ONLY public.uptime_archive
    ADD CONSTRAINT uptime_archive_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.uptime_archive_span
    ADD CONSTRAINT uptime_archive_span_archive_tstzrange_excl EXCLUDE USING gist (archive WITH =, tstzrange(span_from, span_to) WITH &&);

ALTER TABLE ONLY public.uptime_archive_span
    ADD CONSTRAINT uptime_archive_span_pkey PRIMARY KEY (archive, span_from);

ALTER TABLE ONLY public.uptime_chunk
    ADD CONSTRAINT uptime_chunk_pkey PRIMARY KEY (shard, hour);

ALTER TABLE ONLY public.uptime_coverage
    ADD CONSTRAINT uptime_coverage_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY public.uptime_given_up
    ADD CONSTRAINT uptime_given_up_pkey PRIMARY KEY (slot);

ALTER TABLE ONLY public.uptime_log
    ADD CONSTRAINT uptime_log_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.uptime_mend
    ADD CONSTRAINT uptime_mend_pkey PRIMARY KEY (slot, recorded_at);

ALTER TABLE ONLY public.uptime_population
    ADD CONSTRAINT uptime_population_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY public.uptime_pull
    ADD CONSTRAINT uptime_pull_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.uptime_reopening_approval
    ADD CONSTRAINT uptime_reopening_approval_pkey PRIMARY KEY (reopening);

ALTER TABLE ONLY public.uptime_reopening
    ADD CONSTRAINT uptime_reopening_id_hour_from_hour_to_proposed_by_key UNIQUE (id, hour_from, hour_to, proposed_by);

ALTER TABLE ONLY public.uptime_reopening
    ADD CONSTRAINT uptime_reopening_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.uptime_strip
    ADD CONSTRAINT uptime_strip_pkey PRIMARY KEY (strip, day);

ALTER TABLE ONLY public.uptime_summary
    ADD CONSTRAINT uptime_summary_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY public.uptime_summary_read
    ADD CONSTRAINT uptime_summary_read_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.verdict
    ADD CONSTRAINT verdict_pkey PRIMARY KEY (device, by_hand, seq);

ALTER TABLE ONLY public.wallet_allowance_approval
    ADD CONSTRAINT wallet_allowance_approval_pkey PRIMARY KEY (allowance);

ALTER TABLE ONLY public.wallet_allowance
    ADD CONSTRAINT wallet_allowance_id_asked_by_key UNIQUE (id, asked_by);

ALTER TABLE ONLY public.wallet_allowance
    ADD CONSTRAINT wallet_allowance_id_supplier_id_address_key UNIQUE (id, supplier_id, address);

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT wallet_allowance_key UNIQUE (allowance);

ALTER TABLE ONLY public.wallet_allowance
    ADD CONSTRAINT wallet_allowance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.wallet_challenge
    ADD CONSTRAINT wallet_challenge_id_key UNIQUE (id);

ALTER TABLE ONLY public.wallet_challenge
    ADD CONSTRAINT wallet_challenge_nonce_key UNIQUE (nonce);

ALTER TABLE ONLY public.wallet_challenge
    ADD CONSTRAINT wallet_challenge_number_nonce_supplier_id_address_key UNIQUE (number, nonce, supplier_id, address);

ALTER TABLE ONLY public.wallet_challenge
    ADD CONSTRAINT wallet_challenge_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.wallet_delivery
    ADD CONSTRAINT wallet_delivery_pkey PRIMARY KEY (event);

ALTER TABLE ONLY public.wallet_event
    ADD CONSTRAINT wallet_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.wallet_freeze
    ADD CONSTRAINT wallet_freeze_id_supplier_id_key UNIQUE (id, supplier_id);

ALTER TABLE ONLY public.wallet_freeze
    ADD CONSTRAINT wallet_freeze_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT wallet_nonce_key UNIQUE (nonce);

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT wallet_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.wallet_proof
    ADD CONSTRAINT wallet_proof_challenge_key UNIQUE (challenge);

ALTER TABLE ONLY public.wallet_proof
    ADD CONSTRAINT wallet_proof_nonce_supplier_id_address_key UNIQUE (nonce, supplier_id, address);

ALTER TABLE ONLY public.wallet_proof
    ADD CONSTRAINT wallet_proof_pkey PRIMARY KEY (nonce);

ALTER TABLE ONLY public.wallet_release_approval
    ADD CONSTRAINT wallet_release_approval_pkey PRIMARY KEY (release);

ALTER TABLE ONLY public.wallet_release
    ADD CONSTRAINT wallet_release_id_asked_by_key UNIQUE (id, asked_by);

ALTER TABLE ONLY public.wallet_release
    ADD CONSTRAINT wallet_release_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_attempt
    ADD CONSTRAINT webhook_attempt_pkey PRIMARY KEY (message, number);

ALTER TABLE ONLY public.webhook_collected
    ADD CONSTRAINT webhook_collected_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.webhook_end
    ADD CONSTRAINT webhook_end_pkey PRIMARY KEY (webhook);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_id_supplier_id_key UNIQUE (id, supplier_id);

ALTER TABLE ONLY public.webhook_message
    ADD CONSTRAINT webhook_message_id_supplier_id_key UNIQUE (id, supplier_id);

ALTER TABLE ONLY public.webhook_message
    ADD CONSTRAINT webhook_message_number_key UNIQUE (number);

ALTER TABLE ONLY public.webhook_message
    ADD CONSTRAINT webhook_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_message
    ADD CONSTRAINT webhook_message_webhook_kind_source_key UNIQUE (webhook, kind, source);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_secret
    ADD CONSTRAINT webhook_secret_pkey PRIMARY KEY (webhook, number);

ALTER TABLE ONLY public.webhook_turn
    ADD CONSTRAINT webhook_turn_pkey PRIMARY KEY (webhook);

ALTER TABLE ONLY public.write_halt
    ADD CONSTRAINT write_halt_number_halted_by_key UNIQUE (number, halted_by);

ALTER TABLE ONLY public.write_halt
    ADD CONSTRAINT write_halt_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.write_resumption
    ADD CONSTRAINT write_resumption_pkey PRIMARY KEY (halt);

CREATE INDEX api_replay_recorded ON public.api_replay USING btree (recorded_at);

CREATE INDEX appeal_answer_recorded ON public.appeal_answer USING btree (recorded_at);

CREATE INDEX appeal_due ON public.appeal USING btree (((ended_at IS NOT NULL)), due_at, id);

CREATE UNIQUE INDEX appeal_open ON public.appeal USING btree (season, revision, device, first_slot) WHERE (state = ANY (ARRAY['open'::text, 'in_review'::text]));

CREATE INDEX appeal_supplier ON public.appeal USING btree (supplier_id, recorded_at, id);

CREATE INDEX audit_alert_subject ON public.audit_alert USING btree (kind, subject, recorded_at);

CREATE INDEX audit_entry_actor ON public.audit_entry USING btree (actor, number);

CREATE INDEX audit_entry_address ON public.audit_entry USING btree (address, number);

CREATE INDEX audit_entry_recorded ON public.audit_entry USING btree (recorded_at);

CREATE INDEX audit_entry_request ON public.audit_entry USING btree (request_id);

CREATE INDEX device_change_untrusted ON public.device_change USING btree (changed_at) WHERE (channel = 'worker-api'::text);

CREATE INDEX distribution_attempt_batch ON public.distribution_attempt USING btree (distribution, batch);

CREATE UNIQUE INDEX distribution_attempt_nonce ON public.distribution_attempt USING btree (nonce_account, blockhash) WHERE ((nonce_account IS NOT NULL) AND (replaces IS NULL));

CREATE INDEX distribution_batch_payout_payout ON public.distribution_batch_payout USING btree (distribution, payout);

CREATE INDEX distribution_carried_supplier ON public.distribution_carried USING btree (supplier_id, distribution);

CREATE INDEX distribution_payout_end_recorded ON public.distribution_payout_end USING btree (recorded_at);

CREATE INDEX distribution_payout_end_signature ON public.distribution_payout_end USING btree (signature);

CREATE INDEX distribution_set_off_supplier ON public.distribution_set_off USING btree (supplier_id, distribution);

CREATE INDEX distribution_tree_payout_tree ON public.distribution_tree_payout USING btree (distribution, tree);

CREATE INDEX estimate_line_supplier ON public.estimate_line USING btree (season, supplier_id);

CREATE INDEX incident_scan_as_of ON public.incident_scan USING btree (as_of, id);

CREATE INDEX ledger_account_supplier ON public.ledger_account USING btree (supplier_id) WHERE (supplier_id IS NOT NULL);

CREATE INDEX ledger_transfer_credit ON public.ledger_transfer USING btree (credit, journal);

CREATE INDEX ledger_transfer_debit ON public.ledger_transfer USING btree (debit, journal);

CREATE INDEX river_job_args_index ON public.river_job USING gin (args);

CREATE INDEX river_job_kind ON public.river_job USING btree (kind);

CREATE INDEX river_job_metadata_index ON public.river_job USING gin (metadata);

CREATE INDEX river_job_prioritized_fetching_index ON public.river_job USING btree (state, queue, priority, scheduled_at, id);

CREATE INDEX river_job_state_and_finalized_at_index ON public.river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL);

CREATE UNIQUE INDEX river_job_unique_idx ON public.river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND public.river_job_state_in_bitmask(unique_states, state));

CREATE INDEX river_notification_created_at_idx ON public.river_notification USING btree (created_at);

CREATE INDEX river_notification_topic_id_idx ON public.river_notification USING btree (topic, id);

CREATE INDEX snapshot_line_supplier ON public.snapshot_line USING btree (supplier_id, snapshot_id);

CREATE UNIQUE INDEX snapshot_under_way ON public.snapshot USING btree (season) WHERE (state = ANY (ARRAY['taking'::text, 'draft'::text, 'approved'::text]));

CREATE INDEX supplier_device_supplier ON public.supplier_device USING btree (supplier_id, device_id);

CREATE INDEX supplier_wallet_supplier ON public.supplier_wallet USING btree (supplier_id, id);

CREATE INDEX task_newest ON public.task USING btree (asked_at, id);

CREATE INDEX uptime_coverage_open ON public.uptime_coverage USING btree (hour) WHERE (closed_at IS NULL);

CREATE INDEX uptime_pull_archive ON public.uptime_pull USING btree (archive) WHERE (archive IS NOT NULL);

CREATE INDEX uptime_pull_window ON public.uptime_pull USING btree (window_to, window_from);

CREATE INDEX verdict_by_hand_recorded ON public.verdict USING btree (recorded_at) WHERE by_hand;

CREATE INDEX verdict_last ON public.verdict USING btree (device, decided_at, by_hand, seq);

CREATE INDEX verdict_recorded ON public.verdict USING btree (recorded_at);

CREATE INDEX wallet_allowance_supplier ON public.wallet_allowance USING btree (supplier_id, id);

CREATE INDEX wallet_challenge_supplier ON public.wallet_challenge USING btree (supplier_id, number);

CREATE UNIQUE INDEX wallet_event_activated ON public.wallet_event USING btree (wallet) WHERE (kind = 'activated'::text);

CREATE INDEX wallet_event_recorded ON public.wallet_event USING btree (recorded_at);

CREATE INDEX wallet_event_supplier ON public.wallet_event USING btree (supplier_id, id);

CREATE INDEX wallet_freeze_supplier ON public.wallet_freeze USING btree (supplier_id, id);

CREATE INDEX wallet_proof_supplier ON public.wallet_proof USING btree (supplier_id);

CREATE INDEX wallet_release_supplier ON public.wallet_release USING btree (supplier_id, id);

CREATE INDEX wallet_supplier ON public.wallet USING btree (supplier_id, id);

CREATE INDEX webhook_message_recorded ON public.webhook_message USING btree (recorded_at);

CREATE INDEX webhook_message_webhook ON public.webhook_message USING btree (webhook, number);

CREATE INDEX webhook_supplier ON public.webhook USING btree (supplier_id, recorded_at, id);

CREATE INDEX webhook_turn_supplier ON public.webhook_turn USING btree (supplier_id);

CREATE TRIGGER adrift AFTER INSERT ON public.ledger_transfer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_refuse_adrift();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.appeal_answer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_alert FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_alert_delivery FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_head FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.device FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.device_change FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.device_orphan FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_approval FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_aside FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_attempt FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_attempt_end FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_attempt_signed FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_batch FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_batch_payout FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_cancel FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_cancel_approval FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_carried FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_export FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_file FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_payout FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_payout_attempt FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_payout_end FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_payout_line FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_set_off FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_tree FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_tree_funding FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.distribution_tree_payout FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.grace_approval FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.grace_window FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.incident FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.incident_dismissal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.incident_end FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.incident_reading FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.incident_scan FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.job_minutes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.job_minutes_read FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OF id, kind, season, supplier_id OR TRUNCATE ON public.ledger_account FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_journal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_transfer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_verification FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.metadata_hold FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.metadata_refusal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.metadata_release FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ruleset FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.season FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.snapshot_override FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.snapshot_override_approval FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.snapshot_supplier FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.snapshot_total FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.supplier_wallet FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.task FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.task_end FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.task_start FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_archive FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_archive_approval FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_archive_span FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_given_up FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_mend FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_pull FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_reopening FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_reopening_approval FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.uptime_summary_read FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.verdict FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_allowance FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_allowance_approval FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_challenge FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_delivery FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_freeze FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_proof FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_release FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_release_approval FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.webhook FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.webhook_attempt FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.webhook_end FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.webhook_message FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.webhook_secret FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.write_halt FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.write_resumption FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER begins_by_taking BEFORE INSERT ON public.snapshot FOR EACH ROW EXECUTE FUNCTION public.snapshot_refuse_ready();

CREATE TRIGGER closed BEFORE UPDATE ON public.uptime_coverage FOR EACH ROW WHEN (((old.closed_at IS NOT NULL) AND (new.closed_at IS NOT NULL) AND ((old.observed IS DISTINCT FROM new.observed) OR (old.final IS DISTINCT FROM new.final)))) EXECUTE FUNCTION public.uptime_refuse_closed();

CREATE TRIGGER decided_once AFTER INSERT ON public.metadata_refusal REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.metadata_refuse_released();

CREATE TRIGGER decided_once AFTER INSERT ON public.metadata_release REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.metadata_release_refused();

CREATE TRIGGER ends AFTER INSERT ON public.appeal_answer FOR EACH ROW EXECUTE FUNCTION public.appeal_end_answered();

CREATE TRIGGER linked BEFORE INSERT ON public.audit_entry FOR EACH ROW EXECUTE FUNCTION public.audit_link();

CREATE TRIGGER links BEFORE INSERT ON public.appeal_answer FOR EACH ROW EXECUTE FUNCTION public.appeal_check_links();

CREATE TRIGGER locked BEFORE INSERT ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION public.audit_lock();

CREATE TRIGGER never_back BEFORE UPDATE ON public.fact_horizon FOR EACH ROW WHEN ((new.as_of < old.as_of)) EXECUTE FUNCTION public.fact_refuse_back();

CREATE TRIGGER never_backdated BEFORE INSERT ON public.grace_approval FOR EACH ROW EXECUTE FUNCTION public.fact_refuse_backdated();

CREATE TRIGGER never_backdated BEFORE INSERT ON public.grace_window FOR EACH ROW EXECUTE FUNCTION public.fact_refuse_backdated();

CREATE TRIGGER never_backdated BEFORE INSERT ON public.metadata_hold FOR EACH ROW EXECUTE FUNCTION public.fact_refuse_backdated();

CREATE TRIGGER never_backdated BEFORE INSERT ON public.metadata_refusal FOR EACH ROW EXECUTE FUNCTION public.fact_refuse_backdated();

CREATE TRIGGER never_backdated BEFORE INSERT ON public.metadata_release FOR EACH ROW EXECUTE FUNCTION public.fact_refuse_backdated();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.appeal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.snapshot FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER never_edited BEFORE UPDATE ON public.appeal FOR EACH ROW EXECUTE FUNCTION public.appeal_refuse_edit();

CREATE TRIGGER never_edited BEFORE UPDATE ON public.snapshot FOR EACH ROW EXECUTE FUNCTION public.snapshot_refuse_edit();

CREATE TRIGGER never_reopened BEFORE INSERT ON public.uptime_coverage FOR EACH ROW WHEN ((new.reopened <> 0)) EXECUTE FUNCTION public.uptime_refuse_reopening();

CREATE TRIGGER never_undecided BEFORE UPDATE ON public.snapshot FOR EACH ROW WHEN (((new.state = 'sealed'::text) AND (old.state <> 'sealed'::text))) EXECUTE FUNCTION public.snapshot_refuse_undecided();

CREATE TRIGGER no_replacement AFTER INSERT ON public.distribution_payout_attempt REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.distribution_refuse_replacement();

CREATE TRIGGER payable AFTER INSERT ON public.distribution_payout_attempt REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.distribution_refuse_attempt();

CREATE TRIGGER reads_line BEFORE INSERT ON public.appeal FOR EACH ROW EXECUTE FUNCTION public.appeal_read_line();

CREATE TRIGGER reopened BEFORE UPDATE ON public.uptime_coverage FOR EACH ROW WHEN (((new.hour <> old.hour) OR (new.reopened <> old.reopened) OR ((old.closed_at IS NOT NULL) AND (new.closed_at IS DISTINCT FROM old.closed_at)))) EXECUTE FUNCTION public.uptime_refuse_reopening();

CREATE TRIGGER returnable AFTER INSERT ON public.distribution_payout_end REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.distribution_refuse_return();

CREATE TRIGGER strips_dropped AFTER UPDATE ON public.uptime_coverage FOR EACH ROW WHEN (((old.closed_at IS NOT NULL) AND (new.closed_at IS NULL))) EXECUTE FUNCTION public.uptime_drop_strips();

CREATE TRIGGER sum_up AFTER INSERT ON public.estimate FOR EACH ROW EXECUTE FUNCTION public.estimate_sum_up();

CREATE TRIGGER sum_up AFTER UPDATE ON public.snapshot FOR EACH ROW WHEN (((new.state = 'sealed'::text) AND (old.state <> 'sealed'::text))) EXECUTE FUNCTION public.snapshot_sum_up();

CREATE TRIGGER supplier_device AFTER INSERT ON public.device REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.supplier_device_register();

CREATE TRIGGER supplier_device AFTER INSERT ON public.device_change REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.supplier_device_change();

CREATE TRIGGER supplier_device AFTER INSERT ON public.metadata_hold REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.supplier_device_hold();

CREATE TRIGGER supplier_device AFTER INSERT ON public.metadata_release REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.supplier_device_release();

ALTER TABLE ONLY public.appeal_answer
    ADD CONSTRAINT appeal_answer_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.appeal_answer
    ADD CONSTRAINT appeal_answer_appeal_supplier_id_opened_by_fkey FOREIGN KEY (appeal, supplier_id, opened_by) REFERENCES public.appeal(id, supplier_id, opened_by);

ALTER TABLE ONLY public.appeal_answer
    ADD CONSTRAINT appeal_answer_grace_window_fkey FOREIGN KEY (grace_window) REFERENCES public.grace_approval(window_id);

ALTER TABLE ONLY public.appeal_answer
    ADD CONSTRAINT appeal_answer_released_change_fkey FOREIGN KEY (released_change) REFERENCES public.metadata_release(change_seq);

ALTER TABLE ONLY public.appeal_answer
    ADD CONSTRAINT appeal_answer_released_hold_fkey FOREIGN KEY (released_hold) REFERENCES public.metadata_release(hold_id);

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_device_fkey FOREIGN KEY (device) REFERENCES public.device(number);

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_season_revision_fkey FOREIGN KEY (season, revision) REFERENCES public.snapshot(season, revision);

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.audit_alert_delivery
    ADD CONSTRAINT audit_alert_delivery_alert_fkey FOREIGN KEY (alert) REFERENCES public.audit_alert(id);

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_chain FOREIGN KEY (previous_number, previous_digest) REFERENCES public.audit_entry(number, digest);

ALTER TABLE ONLY public.device_change
    ADD CONSTRAINT device_change_device_fkey FOREIGN KEY (device) REFERENCES public.device(number);

ALTER TABLE ONLY public.distribution_approval
    ADD CONSTRAINT distribution_approval_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.distribution_approval
    ADD CONSTRAINT distribution_approval_distribution_prepared_by_manifest_sh_fkey FOREIGN KEY (distribution, prepared_by, manifest_sha256) REFERENCES public.distribution(number, prepared_by, manifest_sha256);

ALTER TABLE ONLY public.distribution_aside
    ADD CONSTRAINT distribution_aside_distribution_payout_fkey FOREIGN KEY (distribution, payout) REFERENCES public.distribution_payout(distribution, number);

ALTER TABLE ONLY public.distribution_aside
    ADD CONSTRAINT distribution_aside_set_by_fkey FOREIGN KEY (set_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.distribution_attempt
    ADD CONSTRAINT distribution_attempt_attempted_by_fkey FOREIGN KEY (attempted_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.distribution_attempt
    ADD CONSTRAINT distribution_attempt_distribution_batch_fkey FOREIGN KEY (distribution, batch) REFERENCES public.distribution_batch(distribution, number);

ALTER TABLE ONLY public.distribution_attempt
    ADD CONSTRAINT distribution_attempt_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution_approval(distribution);

ALTER TABLE ONLY public.distribution_attempt_end
    ADD CONSTRAINT distribution_attempt_end_attempt_fkey FOREIGN KEY (attempt) REFERENCES public.distribution_attempt(id);

ALTER TABLE ONLY public.distribution_attempt
    ADD CONSTRAINT distribution_attempt_replaces_distribution_batch_nonce_acc_fkey FOREIGN KEY (replaces, distribution, batch, nonce_account, blockhash) REFERENCES public.distribution_attempt(id, distribution, batch, nonce_account, blockhash);

ALTER TABLE ONLY public.distribution_attempt_signed
    ADD CONSTRAINT distribution_attempt_signed_attempt_fkey FOREIGN KEY (attempt) REFERENCES public.distribution_attempt(id);

ALTER TABLE ONLY public.distribution_batch
    ADD CONSTRAINT distribution_batch_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution(number);

ALTER TABLE ONLY public.distribution_batch
    ADD CONSTRAINT distribution_batch_distribution_part_of_fkey FOREIGN KEY (distribution, part_of) REFERENCES public.distribution_batch(distribution, number);

ALTER TABLE ONLY public.distribution_batch_payout
    ADD CONSTRAINT distribution_batch_payout_distribution_batch_fkey FOREIGN KEY (distribution, batch) REFERENCES public.distribution_batch(distribution, number);

ALTER TABLE ONLY public.distribution_batch_payout
    ADD CONSTRAINT distribution_batch_payout_distribution_payout_fkey FOREIGN KEY (distribution, payout) REFERENCES public.distribution_payout(distribution, number);

ALTER TABLE ONLY public.distribution_cancel_approval
    ADD CONSTRAINT distribution_cancel_approval_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.distribution_cancel_approval
    ADD CONSTRAINT distribution_cancel_approval_distribution_asked_by_fkey FOREIGN KEY (distribution, asked_by) REFERENCES public.distribution_cancel(distribution, asked_by);

ALTER TABLE ONLY public.distribution_cancel
    ADD CONSTRAINT distribution_cancel_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.distribution_cancel
    ADD CONSTRAINT distribution_cancel_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution(number);

ALTER TABLE ONLY public.distribution_carried
    ADD CONSTRAINT distribution_carried_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution(number);

ALTER TABLE ONLY public.distribution_export
    ADD CONSTRAINT distribution_export_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution_approval(distribution);

ALTER TABLE ONLY public.distribution_export
    ADD CONSTRAINT distribution_export_exported_by_fkey FOREIGN KEY (exported_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.distribution_file
    ADD CONSTRAINT distribution_file_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution(number);

ALTER TABLE ONLY public.distribution
    ADD CONSTRAINT distribution_journal_fkey FOREIGN KEY (journal) REFERENCES public.ledger_journal(number);

ALTER TABLE ONLY public.distribution_payout_attempt
    ADD CONSTRAINT distribution_payout_attempt_attempt_fkey FOREIGN KEY (attempt) REFERENCES public.distribution_attempt(id);

ALTER TABLE ONLY public.distribution_payout_attempt
    ADD CONSTRAINT distribution_payout_attempt_distribution_payout_fkey FOREIGN KEY (distribution, payout) REFERENCES public.distribution_payout(distribution, number);

ALTER TABLE ONLY public.distribution_payout_attempt
    ADD CONSTRAINT distribution_payout_attempt_distribution_payout_previous_t_fkey FOREIGN KEY (distribution, payout, previous_turn, previous) REFERENCES public.distribution_payout_attempt(distribution, payout, turn, attempt);

ALTER TABLE ONLY public.distribution_payout_attempt
    ADD CONSTRAINT distribution_payout_attempt_previous_previous_outcome_fkey FOREIGN KEY (previous, previous_outcome) REFERENCES public.distribution_attempt_end(attempt, outcome);

ALTER TABLE ONLY public.distribution_payout
    ADD CONSTRAINT distribution_payout_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution(number);

ALTER TABLE ONLY public.distribution_payout_end
    ADD CONSTRAINT distribution_payout_end_distribution_payout_fkey FOREIGN KEY (distribution, payout) REFERENCES public.distribution_payout(distribution, number);

ALTER TABLE ONLY public.distribution_payout_end
    ADD CONSTRAINT distribution_payout_end_journal_fkey FOREIGN KEY (journal) REFERENCES public.ledger_journal(number);

ALTER TABLE ONLY public.distribution_payout_line
    ADD CONSTRAINT distribution_payout_line_distribution_payout_fkey FOREIGN KEY (distribution, payout) REFERENCES public.distribution_payout(distribution, number);

ALTER TABLE ONLY public.distribution
    ADD CONSTRAINT distribution_prepared_by_fkey FOREIGN KEY (prepared_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.distribution_set_off
    ADD CONSTRAINT distribution_set_off_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution(number);

ALTER TABLE ONLY public.distribution_tree
    ADD CONSTRAINT distribution_tree_distribution_fkey FOREIGN KEY (distribution) REFERENCES public.distribution(number);

ALTER TABLE ONLY public.distribution_tree_funding
    ADD CONSTRAINT distribution_tree_funding_distribution_tree_fkey FOREIGN KEY (distribution, tree) REFERENCES public.distribution_tree(distribution, number);

ALTER TABLE ONLY public.distribution_tree_funding
    ADD CONSTRAINT distribution_tree_funding_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.distribution_tree_payout
    ADD CONSTRAINT distribution_tree_payout_distribution_payout_fkey FOREIGN KEY (distribution, payout) REFERENCES public.distribution_payout(distribution, number);

ALTER TABLE ONLY public.distribution_tree_payout
    ADD CONSTRAINT distribution_tree_payout_distribution_tree_fkey FOREIGN KEY (distribution, tree) REFERENCES public.distribution_tree(distribution, number);

ALTER TABLE ONLY public.estimate_line
    ADD CONSTRAINT estimate_line_season_fkey FOREIGN KEY (season) REFERENCES public.season(code);

ALTER TABLE ONLY public.estimate
    ADD CONSTRAINT estimate_season_fkey FOREIGN KEY (season) REFERENCES public.season(code);

ALTER TABLE ONLY public.estimate_supplier
    ADD CONSTRAINT estimate_supplier_season_fkey FOREIGN KEY (season) REFERENCES public.season(code);

ALTER TABLE ONLY public.grace_approval
    ADD CONSTRAINT grace_approval_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.grace_approval
    ADD CONSTRAINT grace_approval_window_id_season_window_from_window_to_prop_fkey FOREIGN KEY (window_id, season, window_from, window_to, proposed_by) REFERENCES public.grace_window(id, season, window_from, window_to, proposed_by);

ALTER TABLE ONLY public.grace_window
    ADD CONSTRAINT grace_window_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.grace_window
    ADD CONSTRAINT grace_window_season_fkey FOREIGN KEY (season) REFERENCES public.season(code);

ALTER TABLE ONLY public.incident_dismissal
    ADD CONSTRAINT incident_dismissal_incident_fkey FOREIGN KEY (incident) REFERENCES public.incident(id);

ALTER TABLE ONLY public.incident_dismissal
    ADD CONSTRAINT incident_dismissal_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.incident_dismissal
    ADD CONSTRAINT incident_dismissal_season_fkey FOREIGN KEY (season) REFERENCES public.season(code);

ALTER TABLE ONLY public.incident_end
    ADD CONSTRAINT incident_end_incident_kind_opened_fkey FOREIGN KEY (incident, kind, opened) REFERENCES public.incident(id, kind, opened);

ALTER TABLE ONLY public.incident_end
    ADD CONSTRAINT incident_end_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.incident_reading
    ADD CONSTRAINT incident_reading_incident_kind_opened_fkey FOREIGN KEY (incident, kind, opened) REFERENCES public.incident(id, kind, opened);

ALTER TABLE ONLY public.incident_reading
    ADD CONSTRAINT incident_reading_scan_fkey FOREIGN KEY (scan) REFERENCES public.incident_scan(id);

ALTER TABLE ONLY public.job_minutes
    ADD CONSTRAINT job_minutes_device_fkey FOREIGN KEY (device) REFERENCES public.device(number);

ALTER TABLE ONLY public.ledger_journal
    ADD CONSTRAINT ledger_chain FOREIGN KEY (previous_number, previous_digest) REFERENCES public.ledger_journal(number, digest);

ALTER TABLE ONLY public.ledger_journal
    ADD CONSTRAINT ledger_journal_actor_fkey FOREIGN KEY (actor) REFERENCES public.person(id);

ALTER TABLE ONLY public.metadata_hold
    ADD CONSTRAINT metadata_hold_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.metadata_refusal
    ADD CONSTRAINT metadata_refusal_change_seq_fkey FOREIGN KEY (change_seq) REFERENCES public.device_change(seq);

ALTER TABLE ONLY public.metadata_refusal
    ADD CONSTRAINT metadata_refusal_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.metadata_release
    ADD CONSTRAINT metadata_release_change_seq_fkey FOREIGN KEY (change_seq) REFERENCES public.device_change(seq);

ALTER TABLE ONLY public.metadata_release
    ADD CONSTRAINT metadata_release_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.metadata_hold(id);

ALTER TABLE ONLY public.metadata_release
    ADD CONSTRAINT metadata_release_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.person_name
    ADD CONSTRAINT person_name_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.season
    ADD CONSTRAINT season_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.season
    ADD CONSTRAINT season_ruleset_fkey FOREIGN KEY (ruleset) REFERENCES public.ruleset(sha256);

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_corrects_fkey FOREIGN KEY (corrects) REFERENCES public.snapshot(id);

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.snapshot_group
    ADD CONSTRAINT snapshot_group_snapshot_id_fkey FOREIGN KEY (snapshot_id) REFERENCES public.snapshot(id);

ALTER TABLE ONLY public.snapshot_override_approval
    ADD CONSTRAINT snapshot_override_approval_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.snapshot_override_approval
    ADD CONSTRAINT snapshot_override_approval_override_id_asked_by_fkey FOREIGN KEY (override_id, asked_by) REFERENCES public.snapshot_override(id, asked_by);

ALTER TABLE ONLY public.snapshot_override
    ADD CONSTRAINT snapshot_override_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.snapshot_override
    ADD CONSTRAINT snapshot_override_snapshot_id_fkey FOREIGN KEY (snapshot_id) REFERENCES public.snapshot(id);

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_sealed_by_fkey FOREIGN KEY (sealed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_season_fkey FOREIGN KEY (season) REFERENCES public.season(code);

ALTER TABLE ONLY public.snapshot_supplier
    ADD CONSTRAINT snapshot_supplier_snapshot_id_fkey FOREIGN KEY (snapshot_id) REFERENCES public.snapshot(id);

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_taken_by_fkey FOREIGN KEY (taken_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.snapshot_total
    ADD CONSTRAINT snapshot_total_snapshot_id_fkey FOREIGN KEY (snapshot_id) REFERENCES public.snapshot(id);

ALTER TABLE ONLY public.supplier_wallet
    ADD CONSTRAINT supplier_wallet_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.task_end
    ADD CONSTRAINT task_end_task_fkey FOREIGN KEY (task) REFERENCES public.task(id);

ALTER TABLE ONLY public.task_start
    ADD CONSTRAINT task_start_task_fkey FOREIGN KEY (task) REFERENCES public.task(id);

ALTER TABLE ONLY public.uptime_archive_approval
    ADD CONSTRAINT uptime_archive_approval_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.uptime_archive_approval
    ADD CONSTRAINT uptime_archive_approval_archive_manifest_sha256_proposed_b_fkey FOREIGN KEY (archive, manifest_sha256, proposed_by) REFERENCES public.uptime_archive(id, manifest_sha256, proposed_by);

ALTER TABLE ONLY public.uptime_archive
    ADD CONSTRAINT uptime_archive_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.uptime_archive_span
    ADD CONSTRAINT uptime_archive_span_archive_fkey FOREIGN KEY (archive) REFERENCES public.uptime_archive(id);

ALTER TABLE ONLY public.uptime_given_up
    ADD CONSTRAINT uptime_given_up_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.uptime_population
    ADD CONSTRAINT uptime_population_hour_fkey FOREIGN KEY (hour) REFERENCES public.uptime_coverage(hour);

ALTER TABLE ONLY public.uptime_pull
    ADD CONSTRAINT uptime_pull_archive_fkey FOREIGN KEY (archive) REFERENCES public.uptime_archive_approval(archive) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.uptime_reopening_approval
    ADD CONSTRAINT uptime_reopening_approval_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.uptime_reopening_approval
    ADD CONSTRAINT uptime_reopening_approval_reopening_hour_from_hour_to_prop_fkey FOREIGN KEY (reopening, hour_from, hour_to, proposed_by) REFERENCES public.uptime_reopening(id, hour_from, hour_to, proposed_by);

ALTER TABLE ONLY public.uptime_reopening
    ADD CONSTRAINT uptime_reopening_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.verdict
    ADD CONSTRAINT verdict_device_fkey FOREIGN KEY (device) REFERENCES public.device(number);

ALTER TABLE ONLY public.verdict
    ADD CONSTRAINT verdict_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet_allowance_approval
    ADD CONSTRAINT wallet_allowance_approval_allowance_asked_by_fkey FOREIGN KEY (allowance, asked_by) REFERENCES public.wallet_allowance(id, asked_by);

ALTER TABLE ONLY public.wallet_allowance_approval
    ADD CONSTRAINT wallet_allowance_approval_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet_allowance
    ADD CONSTRAINT wallet_allowance_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT wallet_allowance_fkey FOREIGN KEY (allowance) REFERENCES public.wallet_allowance_approval(allowance);

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT wallet_allowance_supplier_id_address_fkey FOREIGN KEY (allowance, supplier_id, address) REFERENCES public.wallet_allowance(id, supplier_id, address);

ALTER TABLE ONLY public.wallet_challenge
    ADD CONSTRAINT wallet_challenge_issued_by_fkey FOREIGN KEY (issued_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet_delivery
    ADD CONSTRAINT wallet_delivery_event_fkey FOREIGN KEY (event) REFERENCES public.wallet_event(id);

ALTER TABLE ONLY public.wallet_event
    ADD CONSTRAINT wallet_event_person_fkey FOREIGN KEY (person) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet_event
    ADD CONSTRAINT wallet_event_wallet_fkey FOREIGN KEY (wallet) REFERENCES public.wallet(id);

ALTER TABLE ONLY public.wallet_freeze
    ADD CONSTRAINT wallet_freeze_frozen_by_fkey FOREIGN KEY (frozen_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT wallet_nonce_supplier_id_address_fkey FOREIGN KEY (nonce, supplier_id, address) REFERENCES public.wallet_proof(nonce, supplier_id, address);

ALTER TABLE ONLY public.wallet_proof
    ADD CONSTRAINT wallet_proof_challenge_nonce_supplier_id_address_fkey FOREIGN KEY (challenge, nonce, supplier_id, address) REFERENCES public.wallet_challenge(number, nonce, supplier_id, address);

ALTER TABLE ONLY public.wallet_proof
    ADD CONSTRAINT wallet_proof_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet_release_approval
    ADD CONSTRAINT wallet_release_approval_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet_release_approval
    ADD CONSTRAINT wallet_release_approval_release_asked_by_fkey FOREIGN KEY (release, asked_by) REFERENCES public.wallet_release(id, asked_by);

ALTER TABLE ONLY public.wallet_release
    ADD CONSTRAINT wallet_release_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.wallet_release
    ADD CONSTRAINT wallet_release_lifts_supplier_id_fkey FOREIGN KEY (lifts, supplier_id) REFERENCES public.wallet_freeze(id, supplier_id);

ALTER TABLE ONLY public.webhook_attempt
    ADD CONSTRAINT webhook_attempt_message_supplier_id_fkey FOREIGN KEY (message, supplier_id) REFERENCES public.webhook_message(id, supplier_id);

ALTER TABLE ONLY public.webhook_end
    ADD CONSTRAINT webhook_end_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.webhook_end
    ADD CONSTRAINT webhook_end_webhook_supplier_id_fkey FOREIGN KEY (webhook, supplier_id) REFERENCES public.webhook(id, supplier_id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_made_by_fkey FOREIGN KEY (made_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.webhook_message
    ADD CONSTRAINT webhook_message_webhook_supplier_id_fkey FOREIGN KEY (webhook, supplier_id) REFERENCES public.webhook(id, supplier_id);

ALTER TABLE ONLY public.webhook_secret
    ADD CONSTRAINT webhook_secret_made_by_fkey FOREIGN KEY (made_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.webhook_secret
    ADD CONSTRAINT webhook_secret_webhook_supplier_id_fkey FOREIGN KEY (webhook, supplier_id) REFERENCES public.webhook(id, supplier_id);

ALTER TABLE ONLY public.webhook_turn
    ADD CONSTRAINT webhook_turn_holder_fkey FOREIGN KEY (holder) REFERENCES public.webhook_message(id);

ALTER TABLE ONLY public.webhook_turn
    ADD CONSTRAINT webhook_turn_webhook_supplier_id_fkey FOREIGN KEY (webhook, supplier_id) REFERENCES public.webhook(id, supplier_id);

ALTER TABLE ONLY public.write_halt
    ADD CONSTRAINT write_halt_follows FOREIGN KEY (previous) REFERENCES public.write_resumption(halt);

ALTER TABLE ONLY public.write_halt
    ADD CONSTRAINT write_halt_halted_by_fkey FOREIGN KEY (halted_by) REFERENCES public.person(id);

ALTER TABLE ONLY public.write_resumption
    ADD CONSTRAINT write_resumption_halt_halted_by_fkey FOREIGN KEY (halt, halted_by) REFERENCES public.write_halt(number, halted_by);

ALTER TABLE ONLY public.write_resumption
    ADD CONSTRAINT write_resumption_resumed_by_fkey FOREIGN KEY (resumed_by) REFERENCES public.person(id);

CREATE POLICY app ON public.appeal TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.appeal_answer TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_approval TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_aside TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_attempt TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_attempt_end TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_attempt_signed TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_carried TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_payout TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_payout_attempt TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_payout_end TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_payout_line TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_set_off TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_tree TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_tree_funding TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.distribution_tree_payout TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.estimate TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.estimate_line TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.estimate_supplier TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.grace_approval TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.grace_window TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ledger_account TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ledger_journal TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ledger_transfer TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.metadata_hold TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.metadata_release TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ruleset TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.season TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.snapshot TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.snapshot_line TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.snapshot_supplier TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.snapshot_total TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.supplier_device TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.supplier_wallet TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.uptime_coverage TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.uptime_population TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.verdict TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.wallet TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.wallet_challenge TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.wallet_event TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.wallet_freeze TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.wallet_proof TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.wallet_release TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.wallet_release_approval TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.webhook TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.webhook_attempt TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.webhook_end TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.webhook_message TO uptally_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.webhook_secret TO uptally_app USING (true) WITH CHECK (true);

ALTER TABLE public.appeal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.appeal_answer ENABLE ROW LEVEL SECURITY;

CREATE POLICY approved ON public.grace_window FOR SELECT TO uptally_supplier USING ((id = ANY (ARRAY( SELECT grace_approval.window_id
   FROM public.grace_approval))));

ALTER TABLE public.distribution ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_approval ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_aside ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_attempt ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_attempt_end ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_attempt_signed ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_carried ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_payout ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_payout_attempt ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_payout_end ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_payout_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_set_off ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_tree ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_tree_funding ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distribution_tree_payout ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.estimate ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.estimate_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.estimate_supplier ENABLE ROW LEVEL SECURITY;

CREATE POLICY everybody ON public.estimate FOR SELECT TO uptally_supplier USING (true);

CREATE POLICY everybody ON public.grace_approval FOR SELECT TO uptally_supplier USING (true);

CREATE POLICY everybody ON public.metadata_hold FOR SELECT TO uptally_supplier USING (true);

CREATE POLICY everybody ON public.ruleset FOR SELECT TO uptally_supplier USING (true);

CREATE POLICY everybody ON public.season FOR SELECT TO uptally_supplier USING (true);

CREATE POLICY everybody ON public.snapshot_total FOR SELECT TO uptally_supplier USING (true);

CREATE POLICY everybody ON public.uptime_coverage FOR SELECT TO uptally_supplier USING (true);

CREATE POLICY everybody ON public.uptime_population FOR SELECT TO uptally_supplier USING (true);

ALTER TABLE public.grace_approval ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.grace_window ENABLE ROW LEVEL SECURITY;

CREATE POLICY holds ON public.metadata_release FOR SELECT TO uptally_supplier USING ((hold_id IS NOT NULL));

ALTER TABLE public.ledger_account ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_journal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_transfer ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.metadata_hold ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.metadata_release ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON public.appeal FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.appeal_answer FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.distribution FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND (number = ANY (ARRAY( SELECT distribution_payout.distribution
   FROM public.distribution_payout
UNION ALL
 SELECT distribution_carried.distribution
   FROM public.distribution_carried
UNION ALL
 SELECT distribution_set_off.distribution
   FROM public.distribution_set_off)))));

CREATE POLICY own ON public.distribution_approval FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND (distribution = ANY (ARRAY( SELECT distribution_payout.distribution
   FROM public.distribution_payout)))));

CREATE POLICY own ON public.distribution_aside FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND ((distribution, payout) IN ( SELECT p.distribution,
    p.number
   FROM public.distribution_payout p))));

CREATE POLICY own ON public.distribution_attempt FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND (id = ANY (ARRAY( SELECT t.attempt
   FROM (public.distribution_payout p
     JOIN public.distribution_payout_attempt t ON (((t.distribution = p.distribution) AND (t.payout = p.number)))))))));

CREATE POLICY own ON public.distribution_attempt_end FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND (attempt = ANY (ARRAY( SELECT distribution_attempt.id
   FROM public.distribution_attempt)))));

CREATE POLICY own ON public.distribution_attempt_signed FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND (attempt = ANY (ARRAY( SELECT distribution_attempt.id
   FROM public.distribution_attempt)))));

CREATE POLICY own ON public.distribution_carried FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.distribution_payout FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.distribution_payout_attempt FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND ((distribution, payout) IN ( SELECT p.distribution,
    p.number
   FROM public.distribution_payout p))));

CREATE POLICY own ON public.distribution_payout_end FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND ((distribution, payout) IN ( SELECT p.distribution,
    p.number
   FROM public.distribution_payout p))));

CREATE POLICY own ON public.distribution_payout_line FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND ((distribution, payout) IN ( SELECT p.distribution,
    p.number
   FROM public.distribution_payout p))));

CREATE POLICY own ON public.distribution_set_off FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.distribution_tree FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND ((distribution, number) IN ( SELECT t.distribution,
    t.tree
   FROM (public.distribution_payout p
     JOIN public.distribution_tree_payout t ON (((t.distribution = p.distribution) AND (t.payout = p.number))))))));

CREATE POLICY own ON public.distribution_tree_funding FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND ((distribution, tree) IN ( SELECT t.distribution,
    t.number
   FROM public.distribution_tree t))));

CREATE POLICY own ON public.distribution_tree_payout FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND ((distribution, payout) IN ( SELECT p.distribution,
    p.number
   FROM public.distribution_payout p))));

CREATE POLICY own ON public.estimate_line FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.estimate_supplier FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.ledger_account FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.ledger_journal FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND (number = ANY (ARRAY( SELECT ledger_transfer.journal
   FROM public.ledger_transfer)))));

CREATE POLICY own ON public.ledger_transfer FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND ((debit = ANY (ARRAY( SELECT ledger_account.id
   FROM public.ledger_account))) OR (credit = ANY (ARRAY( SELECT ledger_account.id
   FROM public.ledger_account))))));

CREATE POLICY own ON public.snapshot_line FOR SELECT TO uptally_supplier USING (((supplier_id = (current_setting('uptally.supplier'::text))::uuid) AND (snapshot_id = ANY (ARRAY( SELECT snapshot.id
   FROM public.snapshot
  WHERE (snapshot.state = 'sealed'::text))))));

CREATE POLICY own ON public.snapshot_supplier FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.supplier_device FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.supplier_wallet FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.verdict FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND (EXISTS ( SELECT
   FROM public.supplier_device d
  WHERE (d.device = verdict.device)))));

CREATE POLICY own ON public.wallet FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.wallet_challenge FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.wallet_event FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.wallet_freeze FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.wallet_proof FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.wallet_release FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.wallet_release_approval FOR SELECT TO uptally_supplier USING ((((current_setting('uptally.supplier'::text))::uuid IS NOT NULL) AND (release = ANY (ARRAY( SELECT wallet_release.id
   FROM public.wallet_release)))));

CREATE POLICY own ON public.webhook FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.webhook_attempt FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.webhook_end FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.webhook_message FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY own ON public.webhook_secret FOR SELECT TO uptally_supplier USING ((supplier_id = (current_setting('uptally.supplier'::text))::uuid));

CREATE POLICY owner ON public.appeal TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.appeal_answer TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_approval TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_aside TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_attempt TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_attempt_end TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_attempt_signed TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_carried TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_payout TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_payout_attempt TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_payout_end TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_payout_line TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_set_off TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_tree TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_tree_funding TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.distribution_tree_payout TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.estimate TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.estimate_line TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.estimate_supplier TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.grace_approval TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.grace_window TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ledger_account TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ledger_journal TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ledger_transfer TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.metadata_hold TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.metadata_release TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ruleset TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.season TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.snapshot TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.snapshot_line TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.snapshot_supplier TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.snapshot_total TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.supplier_device TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.supplier_wallet TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.uptime_coverage TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.uptime_population TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.verdict TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.wallet TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.wallet_challenge TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.wallet_event TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.wallet_freeze TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.wallet_proof TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.wallet_release TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.wallet_release_approval TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.webhook TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.webhook_attempt TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.webhook_end TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.webhook_message TO uptally USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.webhook_secret TO uptally USING (true) WITH CHECK (true);

ALTER TABLE public.ruleset ENABLE ROW LEVEL SECURITY;

CREATE POLICY sealed ON public.snapshot FOR SELECT TO uptally_supplier USING ((state = 'sealed'::text));

ALTER TABLE public.season ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.snapshot ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.snapshot_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.snapshot_supplier ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.snapshot_total ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.supplier_device ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.supplier_wallet ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.uptime_coverage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.uptime_population ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.verdict ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wallet ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_challenge ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_freeze ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_proof ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_release ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wallet_release_approval ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_attempt ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_end ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_message ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_secret ENABLE ROW LEVEL SECURITY;

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO uptally_app;
GRANT USAGE ON SCHEMA public TO uptally_supplier;

REVOKE ALL ON FUNCTION public.appeal_check_links() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.appeal_end_answered() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.appeal_read_line() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.appeal_refuse_edit() FROM PUBLIC;

GRANT SELECT ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(at) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(request_id) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(address) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(actor) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(person) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(supplier_id) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(operation) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(method) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(target) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(status) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(kind) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(body_sha256) ON TABLE public.audit_entry TO uptally_app;

GRANT INSERT(calls) ON TABLE public.audit_entry TO uptally_app;

REVOKE ALL ON FUNCTION public.audit_digest(e public.audit_entry) FROM PUBLIC;
GRANT ALL ON FUNCTION public.audit_digest(e public.audit_entry) TO uptally_app;

REVOKE ALL ON FUNCTION public.audit_field(value text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.audit_field(value text) TO uptally_app;

REVOKE ALL ON FUNCTION public.audit_link() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_lock() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_network(address inet) FROM PUBLIC;
GRANT ALL ON FUNCTION public.audit_network(address inet) TO uptally_app;

REVOKE ALL ON FUNCTION public.distribution_refuse_attempt() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.distribution_refuse_replacement() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.distribution_refuse_return() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.estimate_clear(of_season text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.estimate_clear(of_season text) TO uptally_app;

REVOKE ALL ON FUNCTION public.estimate_sum_up() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.fact_refuse_back() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.fact_refuse_backdated() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.fact_stamp() FROM PUBLIC;
GRANT ALL ON FUNCTION public.fact_stamp() TO uptally_app;

REVOKE ALL ON FUNCTION public.incident_unresolved(of_season text, season_from timestamp with time zone, season_to timestamp with time zone, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.incident_unresolved(of_season text, season_from timestamp with time zone, season_to timestamp with time zone, moment timestamp with time zone) TO uptally_app;

REVOKE ALL ON FUNCTION public.ledger_counterpart(account bigint, OUT kind text, OUT season text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_counterpart(account bigint, OUT kind text, OUT season text) TO uptally_supplier;

REVOKE ALL ON FUNCTION public.ledger_refuse_adrift() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.metadata_refuse_released() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.metadata_release_refused() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.refuse_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.river_job_state_in_bitmask(bitmask bit, state public.river_job_state) FROM PUBLIC;
GRANT ALL ON FUNCTION public.river_job_state_in_bitmask(bitmask bit, state public.river_job_state) TO uptally_app;

REVOKE ALL ON FUNCTION public.slot_at_or_after(instant timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.snapshot_refuse_edit() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.snapshot_refuse_ready() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.snapshot_refuse_undecided() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.snapshot_sum_up() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.supplier_device_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.supplier_device_fold(devices integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.supplier_device_hold() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.supplier_device_register() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.supplier_device_release() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.supplier_has_line(of_device integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.supplier_line_device(of_device integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.supplier_line_device(of_device integer) TO uptally_supplier;

REVOKE ALL ON FUNCTION public.supplier_line_number(of_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.supplier_line_number(of_id uuid) TO uptally_supplier;

REVOKE ALL ON FUNCTION public.supplier_timeline(of_device uuid, from_hour bigint, to_hour bigint, OUT device integer, OUT supplier_id uuid, OUT registered_at timestamp with time zone, OUT days bytea[], OUT up integer[], OUT observed integer[], OUT owned integer[], OUT kind text, OUT decided_at timestamp with time zone, OUT effective_at timestamp with time zone, OUT reason text, OUT seasons text[], OUT windows bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.supplier_timeline(of_device uuid, from_hour bigint, to_hour bigint, OUT device integer, OUT supplier_id uuid, OUT registered_at timestamp with time zone, OUT days bytea[], OUT up integer[], OUT observed integer[], OUT owned integer[], OUT kind text, OUT decided_at timestamp with time zone, OUT effective_at timestamp with time zone, OUT reason text, OUT seasons text[], OUT windows bigint[]) TO uptally_supplier;

REVOKE ALL ON FUNCTION public.uptime_drop_strips() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.uptime_make_partitions(span_from timestamp with time zone, span_to timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.uptime_make_partitions(span_from timestamp with time zone, span_to timestamp with time zone) TO uptally_app;

REVOKE ALL ON FUNCTION public.uptime_refuse_closed() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.uptime_refuse_reopening() FROM PUBLIC;

GRANT SELECT,INSERT,DELETE ON TABLE public.api_replay TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.appeal TO uptally_app;

GRANT SELECT(id) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(season) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(revision) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(device_id) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(first_slot) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(end_slot) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(outcome) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(notes) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(reason) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(evidence) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT(due_at) ON TABLE public.appeal TO uptally_supplier;

GRANT UPDATE(state) ON TABLE public.appeal TO uptally_app;
GRANT SELECT(state) ON TABLE public.appeal TO uptally_supplier;

GRANT UPDATE(reviewed_by) ON TABLE public.appeal TO uptally_app;

GRANT UPDATE(reviewed_at) ON TABLE public.appeal TO uptally_app;
GRANT SELECT(reviewed_at) ON TABLE public.appeal TO uptally_supplier;

GRANT UPDATE(withdrawn_by) ON TABLE public.appeal TO uptally_app;

GRANT UPDATE(ended_at) ON TABLE public.appeal TO uptally_app;
GRANT SELECT(ended_at) ON TABLE public.appeal TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.appeal_answer TO uptally_app;

GRANT SELECT(appeal) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(outcome) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(reason) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(verdict) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(grace_window) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(released_hold) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(released_change) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(revision) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.appeal_answer TO uptally_supplier;

GRANT SELECT ON TABLE public.audit_alert TO uptally_app;

GRANT INSERT(kind) ON TABLE public.audit_alert TO uptally_app;

GRANT INSERT(subject) ON TABLE public.audit_alert TO uptally_app;

GRANT INSERT(count) ON TABLE public.audit_alert TO uptally_app;

GRANT INSERT(threshold) ON TABLE public.audit_alert TO uptally_app;

GRANT INSERT(span) ON TABLE public.audit_alert TO uptally_app;

GRANT INSERT(first_number) ON TABLE public.audit_alert TO uptally_app;

GRANT INSERT(last_number) ON TABLE public.audit_alert TO uptally_app;

GRANT SELECT ON TABLE public.audit_alert_delivery TO uptally_app;

GRANT INSERT(alert) ON TABLE public.audit_alert_delivery TO uptally_app;

GRANT USAGE ON SEQUENCE public.audit_alert_id_seq TO uptally_app;

GRANT SELECT ON TABLE public.audit_head TO uptally_app;

GRANT INSERT(number) ON TABLE public.audit_head TO uptally_app;

GRANT INSERT(digest) ON TABLE public.audit_head TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.device TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.device_change TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.device_orphan TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.distribution TO uptally_app;

GRANT SELECT(number) ON TABLE public.distribution TO uptally_supplier;

GRANT SELECT(id) ON TABLE public.distribution TO uptally_supplier;

GRANT SELECT(minimum) ON TABLE public.distribution TO uptally_supplier;

GRANT SELECT(journal) ON TABLE public.distribution TO uptally_supplier;

GRANT SELECT(prepared_at) ON TABLE public.distribution TO uptally_supplier;

GRANT SELECT(rail) ON TABLE public.distribution TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_approval TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_approval TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.distribution_approval TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_aside TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_aside TO uptally_supplier;

GRANT SELECT(payout) ON TABLE public.distribution_aside TO uptally_supplier;

GRANT SELECT(reason) ON TABLE public.distribution_aside TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.distribution_aside TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_attempt TO uptally_app;

GRANT SELECT(id) ON TABLE public.distribution_attempt TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.distribution_attempt TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_attempt_end TO uptally_app;

GRANT SELECT(attempt) ON TABLE public.distribution_attempt_end TO uptally_supplier;

GRANT SELECT(outcome) ON TABLE public.distribution_attempt_end TO uptally_supplier;

GRANT SELECT(signature) ON TABLE public.distribution_attempt_end TO uptally_supplier;

GRANT SELECT(slot) ON TABLE public.distribution_attempt_end TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.distribution_attempt_end TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.distribution_attempt_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.distribution_attempt_signed TO uptally_app;

GRANT SELECT(attempt) ON TABLE public.distribution_attempt_signed TO uptally_supplier;

GRANT SELECT(signature) ON TABLE public.distribution_attempt_signed TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.distribution_attempt_signed TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_batch TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.distribution_batch_payout TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.distribution_cancel TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.distribution_cancel_approval TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.distribution_carried TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_carried TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.distribution_carried TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.distribution_carried TO uptally_supplier;

GRANT SELECT(reason) ON TABLE public.distribution_carried TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_export TO uptally_app;

GRANT USAGE ON SEQUENCE public.distribution_export_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.distribution_file TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.distribution_payout TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_payout TO uptally_supplier;

GRANT SELECT(number) ON TABLE public.distribution_payout TO uptally_supplier;

GRANT SELECT(id) ON TABLE public.distribution_payout TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.distribution_payout TO uptally_supplier;

GRANT SELECT(wallet) ON TABLE public.distribution_payout TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.distribution_payout TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_payout_attempt TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_payout_attempt TO uptally_supplier;

GRANT SELECT(payout) ON TABLE public.distribution_payout_attempt TO uptally_supplier;

GRANT SELECT(turn) ON TABLE public.distribution_payout_attempt TO uptally_supplier;

GRANT SELECT(attempt) ON TABLE public.distribution_payout_attempt TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_payout_end TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_payout_end TO uptally_supplier;

GRANT SELECT(payout) ON TABLE public.distribution_payout_end TO uptally_supplier;

GRANT SELECT(outcome) ON TABLE public.distribution_payout_end TO uptally_supplier;

GRANT SELECT(journal) ON TABLE public.distribution_payout_end TO uptally_supplier;

GRANT SELECT(signature) ON TABLE public.distribution_payout_end TO uptally_supplier;

GRANT SELECT(evidence) ON TABLE public.distribution_payout_end TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.distribution_payout_end TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_payout_line TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_payout_line TO uptally_supplier;

GRANT SELECT(payout) ON TABLE public.distribution_payout_line TO uptally_supplier;

GRANT SELECT(season) ON TABLE public.distribution_payout_line TO uptally_supplier;

GRANT SELECT(revision) ON TABLE public.distribution_payout_line TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.distribution_payout_line TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_set_off TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_set_off TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.distribution_set_off TO uptally_supplier;

GRANT SELECT(season) ON TABLE public.distribution_set_off TO uptally_supplier;

GRANT SELECT(revision) ON TABLE public.distribution_set_off TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.distribution_set_off TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_tree TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_tree TO uptally_supplier;

GRANT SELECT(number) ON TABLE public.distribution_tree TO uptally_supplier;

GRANT SELECT(id) ON TABLE public.distribution_tree TO uptally_supplier;

GRANT SELECT(root) ON TABLE public.distribution_tree TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_tree_funding TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_tree_funding TO uptally_supplier;

GRANT SELECT(tree) ON TABLE public.distribution_tree_funding TO uptally_supplier;

GRANT SELECT(vault) ON TABLE public.distribution_tree_funding TO uptally_supplier;

GRANT SELECT(signature) ON TABLE public.distribution_tree_funding TO uptally_supplier;

GRANT SELECT(evidence) ON TABLE public.distribution_tree_funding TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.distribution_tree_funding TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.distribution_tree_payout TO uptally_app;

GRANT SELECT(distribution) ON TABLE public.distribution_tree_payout TO uptally_supplier;

GRANT SELECT(payout) ON TABLE public.distribution_tree_payout TO uptally_supplier;

GRANT SELECT(tree) ON TABLE public.distribution_tree_payout TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.estimate TO uptally_app;

GRANT SELECT(season) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT(as_of) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT(points) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT(allocated) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT(residual) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT(lines) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT(suppliers) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT(observed_slots) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT(season_slots) ON TABLE public.estimate TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.estimate_line TO uptally_app;

GRANT SELECT(season) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(device) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(first_slot) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(end_slot) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(observed) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(up) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(grace) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(longest_run) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(weight_millionths) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(job_minutes) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(points) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(outcome) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT(notes) ON TABLE public.estimate_line TO uptally_supplier;

GRANT SELECT ON TABLE public.estimate_supplier TO uptally_app;

GRANT SELECT(season) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(devices) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(lines) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(observed) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(up) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(grace) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(points) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT(outcomes) ON TABLE public.estimate_supplier TO uptally_supplier;

GRANT SELECT,UPDATE ON TABLE public.fact_horizon TO uptally_app;

GRANT SELECT ON TABLE public.goose_db_version TO uptally_app;

GRANT USAGE ON SEQUENCE public.goose_db_version_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.grace_approval TO uptally_app;

GRANT SELECT(window_id) ON TABLE public.grace_approval TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.grace_approval TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.grace_window TO uptally_app;

GRANT SELECT(id) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(season) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(window_from) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(window_to) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(cause) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(lookback) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(min_before) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(sustain) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(reconnect_by) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(credit) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(cap) ON TABLE public.grace_window TO uptally_supplier;

GRANT SELECT(require_genuine) ON TABLE public.grace_window TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.grace_window_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.incident TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.incident_dismissal TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.incident_end TO uptally_app;

GRANT USAGE ON SEQUENCE public.incident_end_id_seq TO uptally_app;

GRANT USAGE ON SEQUENCE public.incident_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.incident_reading TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.incident_scan TO uptally_app;

GRANT USAGE ON SEQUENCE public.incident_scan_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.job_minutes TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.job_minutes_read TO uptally_app;

GRANT SELECT ON TABLE public.ledger_account TO uptally_app;

GRANT SELECT(id) ON TABLE public.ledger_account TO uptally_supplier;

GRANT INSERT(kind) ON TABLE public.ledger_account TO uptally_app;
GRANT SELECT(kind) ON TABLE public.ledger_account TO uptally_supplier;

GRANT INSERT(season) ON TABLE public.ledger_account TO uptally_app;
GRANT SELECT(season) ON TABLE public.ledger_account TO uptally_supplier;

GRANT INSERT(supplier_id) ON TABLE public.ledger_account TO uptally_app;
GRANT SELECT(supplier_id) ON TABLE public.ledger_account TO uptally_supplier;

GRANT UPDATE(balance) ON TABLE public.ledger_account TO uptally_app;
GRANT SELECT(balance) ON TABLE public.ledger_account TO uptally_supplier;

GRANT SELECT(path) ON TABLE public.ledger_account TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.ledger_account_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.ledger_journal TO uptally_app;

GRANT SELECT(number) ON TABLE public.ledger_journal TO uptally_supplier;

GRANT SELECT(act) ON TABLE public.ledger_journal TO uptally_supplier;

GRANT SELECT(season) ON TABLE public.ledger_journal TO uptally_supplier;

GRANT SELECT(revision) ON TABLE public.ledger_journal TO uptally_supplier;

GRANT SELECT(posted_at) ON TABLE public.ledger_journal TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.ledger_transfer TO uptally_app;

GRANT SELECT(journal) ON TABLE public.ledger_transfer TO uptally_supplier;

GRANT SELECT(number) ON TABLE public.ledger_transfer TO uptally_supplier;

GRANT SELECT(debit) ON TABLE public.ledger_transfer TO uptally_supplier;

GRANT SELECT(credit) ON TABLE public.ledger_transfer TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.ledger_transfer TO uptally_supplier;

GRANT SELECT ON TABLE public.ledger_verification TO uptally_app;

GRANT INSERT(journals) ON TABLE public.ledger_verification TO uptally_app;

GRANT INSERT(transfers) ON TABLE public.ledger_verification TO uptally_app;

GRANT INSERT(accounts) ON TABLE public.ledger_verification TO uptally_app;

GRANT INSERT(head_number) ON TABLE public.ledger_verification TO uptally_app;

GRANT INSERT(head_digest) ON TABLE public.ledger_verification TO uptally_app;

GRANT INSERT(faults) ON TABLE public.ledger_verification TO uptally_app;

GRANT INSERT(first_faults) ON TABLE public.ledger_verification TO uptally_app;

GRANT USAGE ON SEQUENCE public.ledger_verification_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.metadata_hold TO uptally_app;

GRANT SELECT(id) ON TABLE public.metadata_hold TO uptally_supplier;

GRANT SELECT(held_from) ON TABLE public.metadata_hold TO uptally_supplier;

GRANT SELECT(held_to) ON TABLE public.metadata_hold TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.metadata_hold_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.metadata_refusal TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.metadata_release TO uptally_app;

GRANT SELECT(hold_id) ON TABLE public.metadata_release TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.metadata_release_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.person TO uptally_app;

GRANT USAGE ON SEQUENCE public.person_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.person_name TO uptally_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.river_job TO uptally_app;

GRANT USAGE ON SEQUENCE public.river_job_id_seq TO uptally_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.river_leader TO uptally_app;

GRANT SELECT ON TABLE public.river_migration TO uptally_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.river_notification TO uptally_app;

GRANT USAGE ON SEQUENCE public.river_notification_id_seq TO uptally_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.river_queue TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.ruleset TO uptally_app;

GRANT SELECT(sha256) ON TABLE public.ruleset TO uptally_supplier;

GRANT SELECT(name) ON TABLE public.ruleset TO uptally_supplier;

GRANT SELECT(version) ON TABLE public.ruleset TO uptally_supplier;

GRANT SELECT(toml) ON TABLE public.ruleset TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.season TO uptally_app;

GRANT SELECT(code) ON TABLE public.season TO uptally_supplier;

GRANT SELECT(first_day) ON TABLE public.season TO uptally_supplier;

GRANT SELECT(last_day) ON TABLE public.season TO uptally_supplier;

GRANT SELECT(pool) ON TABLE public.season TO uptally_supplier;

GRANT SELECT(ruleset) ON TABLE public.season TO uptally_supplier;

GRANT SELECT,INSERT,UPDATE ON TABLE public.snapshot TO uptally_app;

GRANT SELECT(id) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(season) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(revision) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(state) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(as_of) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(points) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(allocated) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(residual) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(lines) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(suppliers) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(observed_slots) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(season_slots) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(digest) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(sealed_at) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(drawn) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT(corrects) ON TABLE public.snapshot TO uptally_supplier;

GRANT SELECT,INSERT,UPDATE ON TABLE public.snapshot_group TO uptally_app;

GRANT USAGE ON SEQUENCE public.snapshot_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.snapshot_line TO uptally_app;

GRANT SELECT(snapshot_id) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(shard) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(device) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(first_slot) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(end_slot) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(observed) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(up) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(grace) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(longest_run) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(weight_millionths) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(job_minutes) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(points) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(outcome) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT(notes) ON TABLE public.snapshot_line TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.snapshot_override TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.snapshot_override_approval TO uptally_app;

GRANT USAGE ON SEQUENCE public.snapshot_override_id_seq TO uptally_app;

GRANT SELECT ON TABLE public.snapshot_supplier TO uptally_app;

GRANT SELECT(snapshot_id) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(devices) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(lines) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(observed) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(up) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(grace) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(points) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(amount) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT(outcomes) ON TABLE public.snapshot_supplier TO uptally_supplier;

GRANT SELECT ON TABLE public.snapshot_total TO uptally_app;

GRANT SELECT(snapshot_id) ON TABLE public.snapshot_total TO uptally_supplier;

GRANT SELECT(devices) ON TABLE public.snapshot_total TO uptally_supplier;

GRANT SELECT(outcomes) ON TABLE public.snapshot_total TO uptally_supplier;

GRANT SELECT ON TABLE public.supplier_device TO uptally_app;

GRANT SELECT(supplier_id) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(device) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(device_id) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(from_slot) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(to_slot) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(registered_at) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(gpu_model) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(gpu_count) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(connectivity) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(device_name) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT(status) ON TABLE public.supplier_device TO uptally_supplier;

GRANT SELECT ON TABLE public.supplier_wallet TO uptally_app;

GRANT SELECT(id) ON TABLE public.supplier_wallet TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.supplier_wallet TO uptally_supplier;

GRANT SELECT(address) ON TABLE public.supplier_wallet TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.supplier_wallet TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.supplier_wallet_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.task TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.task_end TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.task_start TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.uptime_archive TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.uptime_archive_approval TO uptally_app;

GRANT USAGE ON SEQUENCE public.uptime_archive_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.uptime_archive_span TO uptally_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.uptime_chunk TO uptally_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.uptime_coverage TO uptally_app;

GRANT SELECT(hour) ON TABLE public.uptime_coverage TO uptally_supplier;

GRANT SELECT(observed) ON TABLE public.uptime_coverage TO uptally_supplier;

GRANT SELECT(closed_at) ON TABLE public.uptime_coverage TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.uptime_given_up TO uptally_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.uptime_log TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.uptime_mend TO uptally_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.uptime_population TO uptally_app;

GRANT SELECT(hour) ON TABLE public.uptime_population TO uptally_supplier;

GRANT SELECT(up) ON TABLE public.uptime_population TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.uptime_pull TO uptally_app;

GRANT USAGE ON SEQUENCE public.uptime_pull_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.uptime_reopening TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.uptime_reopening_approval TO uptally_app;

GRANT USAGE ON SEQUENCE public.uptime_reopening_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.uptime_strip TO uptally_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.uptime_summary TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.uptime_summary_read TO uptally_app;

GRANT USAGE ON SEQUENCE public.uptime_summary_read_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.verdict TO uptally_app;

GRANT SELECT(device) ON TABLE public.verdict TO uptally_supplier;

GRANT SELECT(by_hand) ON TABLE public.verdict TO uptally_supplier;

GRANT SELECT(seq) ON TABLE public.verdict TO uptally_supplier;

GRANT SELECT(kind) ON TABLE public.verdict TO uptally_supplier;

GRANT SELECT(effective_at) ON TABLE public.verdict TO uptally_supplier;

GRANT SELECT(decided_at) ON TABLE public.verdict TO uptally_supplier;

GRANT SELECT(reason) ON TABLE public.verdict TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.verdict TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.verdict_by_hand TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.wallet TO uptally_app;

GRANT SELECT(id) ON TABLE public.wallet TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.wallet TO uptally_supplier;

GRANT SELECT(address) ON TABLE public.wallet TO uptally_supplier;

GRANT SELECT(nonce) ON TABLE public.wallet TO uptally_supplier;

GRANT SELECT(allowance) ON TABLE public.wallet TO uptally_supplier;

GRANT SELECT(active_from) ON TABLE public.wallet TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.wallet TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.wallet_allowance TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.wallet_allowance_approval TO uptally_app;

GRANT USAGE ON SEQUENCE public.wallet_allowance_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.wallet_challenge TO uptally_app;

GRANT SELECT(number) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT SELECT(id) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT SELECT(address) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT SELECT(domain) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT SELECT(nonce) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT SELECT(issued_at) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT SELECT(expires_at) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT SELECT(text) ON TABLE public.wallet_challenge TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.wallet_challenge_number_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.wallet_delivery TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.wallet_event TO uptally_app;

GRANT SELECT(id) ON TABLE public.wallet_event TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.wallet_event TO uptally_supplier;

GRANT SELECT(kind) ON TABLE public.wallet_event TO uptally_supplier;

GRANT SELECT(address) ON TABLE public.wallet_event TO uptally_supplier;

GRANT SELECT(wallet) ON TABLE public.wallet_event TO uptally_supplier;

GRANT SELECT(active_from) ON TABLE public.wallet_event TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.wallet_event TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.wallet_event_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.wallet_freeze TO uptally_app;

GRANT SELECT(id) ON TABLE public.wallet_freeze TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.wallet_freeze TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.wallet_freeze TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.wallet_freeze_id_seq TO uptally_app;

GRANT USAGE ON SEQUENCE public.wallet_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.wallet_proof TO uptally_app;

GRANT SELECT(nonce) ON TABLE public.wallet_proof TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.wallet_proof TO uptally_supplier;

GRANT SELECT(address) ON TABLE public.wallet_proof TO uptally_supplier;

GRANT SELECT(challenge) ON TABLE public.wallet_proof TO uptally_supplier;

GRANT SELECT(form) ON TABLE public.wallet_proof TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.wallet_proof TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.wallet_release TO uptally_app;

GRANT SELECT(id) ON TABLE public.wallet_release TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.wallet_release TO uptally_supplier;

GRANT SELECT(lifts) ON TABLE public.wallet_release TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.wallet_release TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.wallet_release_approval TO uptally_app;

GRANT SELECT(release) ON TABLE public.wallet_release_approval TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.wallet_release_approval TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.wallet_release_id_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.webhook TO uptally_app;

GRANT SELECT(id) ON TABLE public.webhook TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.webhook TO uptally_supplier;

GRANT SELECT(url) ON TABLE public.webhook TO uptally_supplier;

GRANT SELECT(events) ON TABLE public.webhook TO uptally_supplier;

GRANT SELECT(description) ON TABLE public.webhook TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.webhook TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.webhook_attempt TO uptally_app;

GRANT SELECT(message) ON TABLE public.webhook_attempt TO uptally_supplier;

GRANT SELECT(number) ON TABLE public.webhook_attempt TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.webhook_attempt TO uptally_supplier;

GRANT SELECT(outcome) ON TABLE public.webhook_attempt TO uptally_supplier;

GRANT SELECT(status) ON TABLE public.webhook_attempt TO uptally_supplier;

GRANT SELECT(next_at) ON TABLE public.webhook_attempt TO uptally_supplier;

GRANT SELECT(attempted_at) ON TABLE public.webhook_attempt TO uptally_supplier;

GRANT SELECT ON TABLE public.webhook_collected TO uptally_app;

GRANT UPDATE(collected_to) ON TABLE public.webhook_collected TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.webhook_end TO uptally_app;

GRANT SELECT(webhook) ON TABLE public.webhook_end TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.webhook_end TO uptally_supplier;

GRANT SELECT(cause) ON TABLE public.webhook_end TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.webhook_end TO uptally_supplier;

GRANT SELECT ON TABLE public.webhook_event TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.webhook_message TO uptally_app;

GRANT SELECT(id) ON TABLE public.webhook_message TO uptally_supplier;

GRANT SELECT(number) ON TABLE public.webhook_message TO uptally_supplier;

GRANT SELECT(webhook) ON TABLE public.webhook_message TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.webhook_message TO uptally_supplier;

GRANT SELECT(kind) ON TABLE public.webhook_message TO uptally_supplier;

GRANT SELECT(occurred_at) ON TABLE public.webhook_message TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.webhook_message TO uptally_supplier;

GRANT USAGE ON SEQUENCE public.webhook_message_number_seq TO uptally_app;

GRANT SELECT,INSERT ON TABLE public.webhook_secret TO uptally_app;

GRANT SELECT(webhook) ON TABLE public.webhook_secret TO uptally_supplier;

GRANT SELECT(supplier_id) ON TABLE public.webhook_secret TO uptally_supplier;

GRANT SELECT(number) ON TABLE public.webhook_secret TO uptally_supplier;

GRANT SELECT(recorded_at) ON TABLE public.webhook_secret TO uptally_supplier;

GRANT SELECT,INSERT ON TABLE public.webhook_turn TO uptally_app;

GRANT UPDATE(holder) ON TABLE public.webhook_turn TO uptally_app;

GRANT UPDATE(held_until) ON TABLE public.webhook_turn TO uptally_app;

GRANT UPDATE(line_until) ON TABLE public.webhook_turn TO uptally_app;

GRANT SELECT ON TABLE public.write_halt TO uptally_app;

GRANT INSERT(number) ON TABLE public.write_halt TO uptally_app;

GRANT INSERT(halted_by) ON TABLE public.write_halt TO uptally_app;

GRANT INSERT(reason) ON TABLE public.write_halt TO uptally_app;

GRANT SELECT ON TABLE public.write_resumption TO uptally_app;

GRANT INSERT(halt) ON TABLE public.write_resumption TO uptally_app;

GRANT INSERT(halted_by) ON TABLE public.write_resumption TO uptally_app;

GRANT INSERT(resumed_by) ON TABLE public.write_resumption TO uptally_app;

GRANT INSERT(reason) ON TABLE public.write_resumption TO uptally_app;
