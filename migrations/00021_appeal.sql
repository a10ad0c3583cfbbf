-- Was it right? A supplier appeals against the outcome of a line, and a person of the
-- rewards team answers.

-- +goose Up

-- What is appealed against is a line of a sealed revision. The database reads it for
-- itself: whose it is, how far it goes and what it came to are not the caller's to say.
CREATE TABLE appeal (
    id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    supplier_id  uuid        NOT NULL,
    season       text        NOT NULL,
    revision     integer     NOT NULL,
    device       integer     NOT NULL REFERENCES device,
    device_id    uuid        NOT NULL,
    first_slot   bigint      NOT NULL,
    end_slot     bigint      NOT NULL CHECK (end_slot > first_slot), -- exclusive
    outcome      smallint    NOT NULL, -- snapshot.Outcome
    notes        smallint    NOT NULL, -- snapshot.Notes, a set of bits
    amount       bigint      NOT NULL CHECK (amount >= 0), -- base units
    reason       text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 4000),
    evidence     text[]      NOT NULL DEFAULT '{}' CHECK (cardinality(evidence) <= 10 AND length(array_to_string(evidence, '')) <= 5000),
    within_days  integer     NOT NULL CHECK (within_days BETWEEN 1 AND 365), -- of the seal
    answer_days  integer     NOT NULL CHECK (answer_days BETWEEN 1 AND 365), -- that the team has
    opened_by    bigint      NOT NULL REFERENCES person,
    recorded_at  timestamptz NOT NULL,
    due_at       timestamptz NOT NULL CHECK (due_at > recorded_at),
    state        text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'in_review', 'accepted', 'refused', 'withdrawn')),
    reviewed_by  bigint REFERENCES person CONSTRAINT appeal_self_review CHECK (reviewed_by <> opened_by),
    reviewed_at  timestamptz,
    withdrawn_by bigint REFERENCES person,
    ended_at     timestamptz CHECK (ended_at >= recorded_at),
    FOREIGN KEY (season, revision) REFERENCES snapshot (season, revision),
    UNIQUE (id, supplier_id, opened_by),
    CHECK ((state IN ('open', 'in_review')) = (ended_at IS NULL)),
    CHECK ((state = 'withdrawn') = (withdrawn_by IS NOT NULL)),
    CHECK ((reviewed_by IS NULL) = (reviewed_at IS NULL)),
    CHECK (state <> 'in_review' OR reviewed_by IS NOT NULL),
    CHECK (state <> 'open' OR reviewed_by IS NULL)
);
-- Against a line there is one open appeal at a time.
CREATE UNIQUE INDEX appeal_open ON appeal (season, revision, device, first_slot) WHERE state IN ('open', 'in_review');
CREATE INDEX appeal_supplier ON appeal (supplier_id, recorded_at, id);
CREATE INDEX appeal_due ON appeal ((ended_at IS NOT NULL), due_at, id);

-- +goose StatementBegin
CREATE FUNCTION appeal_read_line() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
-- +goose StatementEnd
CREATE TRIGGER reads_line BEFORE INSERT ON appeal FOR EACH ROW EXECUTE FUNCTION appeal_read_line();

-- A person's answer: append-only, one for an appeal. It repeats whose appeal it is, so
-- that the database itself refuses an answer to one's own. What came of it is linked:
-- a verdict by hand, a window, a release, a new revision.
CREATE TABLE appeal_answer (
    appeal          uuid        PRIMARY KEY,
    supplier_id     uuid        NOT NULL,
    opened_by       bigint      NOT NULL,
    answered_by     bigint      NOT NULL REFERENCES person,
    outcome         text        NOT NULL CHECK (outcome IN ('accepted', 'refused')),
    reason          text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 4000),
    verdict         bigint, -- the number of one by hand on the device
    grace_window    bigint REFERENCES grace_approval (window_id),
    released_hold   bigint REFERENCES metadata_release (hold_id),
    released_change bigint REFERENCES metadata_release (change_seq),
    revision        integer, -- a later one of the season
    recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (appeal, supplier_id, opened_by) REFERENCES appeal (id, supplier_id, opened_by),
    CONSTRAINT appeal_self_answer CHECK (answered_by <> opened_by),
    CONSTRAINT appeal_came_of_it CHECK (outcome = 'refused' OR num_nonnulls(verdict, grace_window, released_hold, released_change, revision) > 0)
);
CREATE INDEX appeal_answer_recorded ON appeal_answer (recorded_at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON appeal_answer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What an answer links concerns the line: its device, or its season and slots.
-- +goose StatementBegin
CREATE FUNCTION appeal_check_links() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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

-- An answer ends the appeal, in the same act.
CREATE FUNCTION appeal_end_answered() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE appeal SET state = NEW.outcome, ended_at = greatest(NEW.recorded_at, recorded_at) WHERE id = NEW.appeal;
    RETURN NULL;
END $$;

-- What an appeal says never changes. Its state goes on, to an end that an answer, or
-- the supplier, put to it.
CREATE FUNCTION appeal_refuse_edit() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
-- +goose StatementEnd
CREATE TRIGGER links BEFORE INSERT ON appeal_answer FOR EACH ROW EXECUTE FUNCTION appeal_check_links();
CREATE TRIGGER ends AFTER INSERT ON appeal_answer FOR EACH ROW EXECUTE FUNCTION appeal_end_answered();
CREATE TRIGGER never_edited BEFORE UPDATE ON appeal FOR EACH ROW EXECUTE FUNCTION appeal_refuse_edit();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON appeal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE (state, reviewed_by, reviewed_at, withdrawn_by, ended_at) ON appeal TO uptally_app;
GRANT SELECT, INSERT ON appeal_answer TO uptally_app;

-- A supplier sees their own, and no persons.
ALTER TABLE appeal ENABLE ROW LEVEL SECURITY;
ALTER TABLE appeal FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON appeal TO CURRENT_USER USING (true) WITH CHECK (true); -- whoever migrates: FORCE holds for owners too
CREATE POLICY app ON appeal TO uptally_app USING (true) WITH CHECK (true);
CREATE POLICY own ON appeal FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
GRANT SELECT (id, supplier_id, season, revision, device_id, first_slot, end_slot, outcome, notes, amount, reason, evidence,
    recorded_at, due_at, state, reviewed_at, ended_at) ON appeal TO uptally_supplier;

ALTER TABLE appeal_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE appeal_answer FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON appeal_answer TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY app ON appeal_answer TO uptally_app USING (true) WITH CHECK (true);
CREATE POLICY own ON appeal_answer FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
GRANT SELECT (appeal, supplier_id, outcome, reason, verdict, grace_window, released_hold, released_change, revision, recorded_at)
    ON appeal_answer TO uptally_supplier;
