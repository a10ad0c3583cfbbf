-- The ground: who acts, what cannot be changed afterwards, and the order of facts.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gist; -- the exclusion of overlapping grace windows

-- A human. Two-person acts are two rows of this table.
CREATE TABLE person (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The names under which one human acts: on the command line, and later by token.
CREATE TABLE person_name (
    kind      text   NOT NULL CHECK (kind IN ('cli', 'token')),
    name      text   NOT NULL CHECK (name <> ''),
    person_id bigint NOT NULL REFERENCES person,
    PRIMARY KEY (kind, name)
);

-- What is recorded stays: attached to every append-only table, for every role.
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only: % refused; record a new row instead', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd

-- The last moment as of which anything was read. No fact may be stamped at or
-- below it, whatever the clock does.
CREATE TABLE fact_horizon (
    one   boolean     PRIMARY KEY DEFAULT true CHECK (one),
    as_of timestamptz NOT NULL
);
INSERT INTO fact_horizon (as_of) VALUES ('-infinity');

-- The stamp of a fact that is being recorded: the database's clock, above every
-- moment that was fixed before. The caller holds the shared lock of facts.
-- +goose StatementBegin
CREATE FUNCTION fact_stamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT greatest(clock_timestamp(), as_of + interval ''1 microsecond'') FROM fact_horizon';
-- +goose StatementEnd
