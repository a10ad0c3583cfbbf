-- Corrections: what a revision that follows a sealed one draws from the reserve.

-- +goose Up

-- drawn are all increases since the first sealed revision, which the reserve gave.
-- From there on residual is all that went back: the first revision's residual and
-- every decrease. So pool + drawn = allocated + residual, whichever revision.
ALTER TABLE snapshot
    ADD COLUMN drawn    bigint NOT NULL DEFAULT 0 CHECK (drawn >= 0), -- base units
    ADD COLUMN corrects bigint REFERENCES snapshot,                   -- the sealed revision before it
    ADD CHECK (drawn = 0 OR corrects IS NOT NULL),
    ADD CHECK (corrects IS NULL OR digest IS NOT NULL);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION snapshot_refuse_edit() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
-- +goose StatementEnd
