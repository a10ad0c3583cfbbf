-- What a season that runs would pay if it ended as things stand. Estimates are kept
-- for people to look at; nothing else refers to them, and they are never posted.

-- +goose Up

CREATE TABLE estimate (
    season         text        PRIMARY KEY REFERENCES season,
    as_of          timestamptz NOT NULL, -- what was recorded by then counts
    points         numeric(39) NOT NULL CHECK (points >= 0),
    allocated      bigint      NOT NULL CHECK (allocated >= 0), -- base units
    residual       bigint      NOT NULL CHECK (residual >= 0),  -- base units
    lines          bigint      NOT NULL CHECK (lines >= 0),
    suppliers      bigint      NOT NULL CHECK (suppliers >= 0),
    observed_slots integer     NOT NULL,
    season_slots   integer     NOT NULL
);

-- As snapshot_line.
CREATE TABLE estimate_line (
    season            text     NOT NULL REFERENCES season,
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
    PRIMARY KEY (season, device, first_slot)
);
CREATE INDEX estimate_line_supplier ON estimate_line (season, supplier_id);

-- An estimate is replaced as a whole. The application deletes nothing by itself.
-- +goose StatementBegin
CREATE FUNCTION estimate_clear(of_season text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM estimate_line WHERE season = of_season;
    DELETE FROM estimate WHERE season = of_season;
$$;
-- +goose StatementEnd

GRANT SELECT, INSERT ON estimate, estimate_line TO uptally_app;
REVOKE ALL ON FUNCTION estimate_clear(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION estimate_clear(text) TO uptally_app;
