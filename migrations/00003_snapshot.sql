-- What is it worth? Seasons, their frozen rules, holds, grace, and snapshots.

-- +goose Up

-- The frozen rules, stored under the SHA-256 of their text.
CREATE TABLE ruleset (
    sha256      bytea       PRIMARY KEY CHECK (length(sha256) = 32),
    name        text        NOT NULL CHECK (name <> ''),
    version     integer     NOT NULL CHECK (version >= 1),
    toml        bytea       NOT NULL CHECK (sha256(toml) = sha256),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ruleset
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is paid for when, out of which pool, by which rules. Both days inclusive.
CREATE TABLE season (
    code        text        PRIMARY KEY CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    first_day   date        NOT NULL,
    last_day    date        NOT NULL CHECK (last_day >= first_day),
    pool        bigint      NOT NULL CHECK (pool >= 0), -- base units
    ruleset     bytea       NOT NULL REFERENCES ruleset,
    created_by  bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON season
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An interval in which changes through an untrusted channel are set aside.
CREATE TABLE metadata_hold (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    held_from   timestamptz NOT NULL,
    held_to     timestamptz NOT NULL CHECK (held_to > held_from),
    reason      text        NOT NULL CHECK (reason <> ''),
    person_id   bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metadata_hold
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A whole hold, or one change, believed after all.
CREATE TABLE metadata_release (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hold_id     bigint UNIQUE REFERENCES metadata_hold,
    change_seq  bigint UNIQUE REFERENCES device_change (seq),
    reason      text        NOT NULL CHECK (reason <> ''),
    person_id   bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    CHECK (num_nonnulls(hold_id, change_seq) = 1)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metadata_release
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A proposed interval of credit, and the rule by which devices prove themselves.
CREATE TABLE grace_window (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    season          text        NOT NULL REFERENCES season,
    window_from     timestamptz NOT NULL,
    window_to       timestamptz NOT NULL CHECK (window_to > window_from),
    cause           text        NOT NULL CHECK (cause <> ''),
    lookback        integer     NOT NULL CHECK (lookback >= 1),        -- slots
    min_before      text        NOT NULL,                              -- exact decimal, 0 to 1
    sustain         integer     NOT NULL CHECK (sustain >= 1),         -- slots
    reconnect_by    timestamptz NOT NULL,
    credit          text        NOT NULL CHECK (credit IN ('full', 'own_rate')),
    cap             integer CHECK (cap >= 0),                          -- slots
    require_genuine boolean     NOT NULL,
    proposed_by     bigint      NOT NULL REFERENCES person,
    recorded_at     timestamptz NOT NULL,
    UNIQUE (id, season, window_from, window_to, proposed_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON grace_window
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Another person's approval. It repeats what it approves, so that the database
-- itself refuses an approval of one's own and windows of a season that overlap.
CREATE TABLE grace_approval (
    window_id   bigint      PRIMARY KEY,
    season      text        NOT NULL,
    window_from timestamptz NOT NULL,
    window_to   timestamptz NOT NULL,
    proposed_by bigint      NOT NULL,
    approved_by bigint      NOT NULL REFERENCES person CHECK (approved_by <> proposed_by),
    recorded_at timestamptz NOT NULL,
    FOREIGN KEY (window_id, season, window_from, window_to, proposed_by)
        REFERENCES grace_window (id, season, window_from, window_to, proposed_by),
    CONSTRAINT grace_windows_overlap
        EXCLUDE USING gist (season WITH =, tstzrange(window_from, window_to) WITH &&)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON grace_approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A numbered revision of a season's result. Once taken, its figures stand; only
-- its state goes on.
CREATE TABLE snapshot (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    season         text        NOT NULL REFERENCES season,
    revision       integer     NOT NULL CHECK (revision >= 1),
    state          text        NOT NULL CHECK (state IN ('taking', 'failed', 'draft', 'approved', 'sealed', 'rejected', 'superseded')),
    as_of          timestamptz NOT NULL,
    estimate       boolean     NOT NULL, -- an hour of the season was still open
    reopenings     bigint      NOT NULL, -- of the hours that the take stands on, when it began
    taken_by       bigint      NOT NULL REFERENCES person,
    failure        text        NOT NULL DEFAULT '',
    points         numeric(39) CHECK (points >= 0),
    allocated      bigint CHECK (allocated >= 0),
    residual       bigint CHECK (residual >= 0),
    lines          bigint,
    suppliers      bigint,
    observed_slots integer,
    season_slots   integer,
    digest         bytea CHECK (length(digest) = 32),
    decided_by     bigint REFERENCES person CHECK (decided_by <> taken_by), -- approved or rejected
    decided_at     timestamptz,
    decision       text        NOT NULL DEFAULT '',  -- the reason given
    approved_digest bytea,
    sealed_by      bigint REFERENCES person,
    sealed_at      timestamptz,
    UNIQUE (season, revision),
    CHECK ((state = 'failed') = (failure <> '')),
    CHECK (state = 'superseded' OR (state IN ('taking', 'failed')) = (digest IS NULL)),
    CHECK (num_nulls(points, allocated, residual, lines, suppliers, observed_slots, season_slots, digest) IN (0, 8)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (state NOT IN ('approved', 'sealed', 'rejected') OR decided_by IS NOT NULL),
    CHECK (state NOT IN ('taking', 'failed', 'draft') OR decided_by IS NULL),
    CHECK (state NOT IN ('approved', 'sealed') OR approved_digest IS NOT DISTINCT FROM digest),
    CHECK ((state = 'sealed') = (sealed_at IS NOT NULL)),
    CHECK ((sealed_at IS NULL) = (sealed_by IS NULL)),
    CHECK (state NOT IN ('approved', 'sealed') OR NOT estimate)
);
-- What a revision is never changes, nor do its figures once they stand, nor who
-- decided what; its state only goes on.
-- +goose StatementBegin
CREATE FUNCTION snapshot_refuse_edit() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
        AND (NEW.points, NEW.allocated, NEW.residual, NEW.lines, NEW.suppliers, NEW.observed_slots, NEW.season_slots, NEW.digest)
        IS DISTINCT FROM (OLD.points, OLD.allocated, OLD.residual, OLD.lines, OLD.suppliers, OLD.observed_slots, OLD.season_slots, OLD.digest)
    THEN
        RAISE EXCEPTION 'snapshot %/r% is %: it is never edited; take a new revision instead', OLD.season, OLD.revision, OLD.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER never_edited BEFORE UPDATE ON snapshot FOR EACH ROW EXECUTE FUNCTION snapshot_refuse_edit();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON snapshot FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Of a season, at most one revision is under way.
CREATE UNIQUE INDEX snapshot_under_way ON snapshot (season) WHERE state IN ('taking', 'draft', 'approved');

-- A group of shards that one job scores. Its scored lines are replaced whole.
CREATE TABLE snapshot_group (
    snapshot_id bigint  NOT NULL REFERENCES snapshot,
    number      integer NOT NULL CHECK (number >= 0),
    scored_at   timestamptz,                 -- null: open
    points      numeric(39),
    lines       integer,
    inputs      bytea,                       -- digest of what went in
    staged      bytea,                       -- the scored lines; emptied once allocated
    digest      bytea,                       -- digest of what went in and came out
    PRIMARY KEY (snapshot_id, number),
    CHECK (num_nulls(scored_at, points, lines, inputs) IN (0, 4))
);
ALTER TABLE snapshot_group ALTER COLUMN staged SET STORAGE EXTERNAL;

-- One line a device and run of slots with one owner. No trigger, foreign key or
-- unique index without the shard, so that it can be distributed by shard; it is
-- append-only by grant.
CREATE TABLE snapshot_line (
    snapshot_id       bigint   NOT NULL,
    shard             integer  NOT NULL,
    device            integer  NOT NULL,
    first_slot        bigint   NOT NULL,
    end_slot          bigint   NOT NULL CHECK (end_slot > first_slot), -- exclusive
    supplier_id       uuid     NOT NULL,
    observed          integer  NOT NULL CHECK (observed >= 0),
    up                integer  NOT NULL CHECK (up BETWEEN 0 AND observed),
    grace             integer  NOT NULL CHECK (grace BETWEEN 0 AND observed - up),
    longest_run       integer  NOT NULL CHECK (longest_run BETWEEN 0 AND observed),
    weight_millionths bigint   NOT NULL CHECK (weight_millionths >= 0),
    job_minutes       bigint   NOT NULL CHECK (job_minutes >= 0),
    points            bigint   NOT NULL CHECK (points >= 0),
    amount            bigint   NOT NULL CHECK (amount >= 0),
    outcome           smallint NOT NULL, -- snapshot.Outcome
    notes             smallint NOT NULL, -- snapshot.Notes, a set of bits
    PRIMARY KEY (snapshot_id, shard, device, first_slot)
);
