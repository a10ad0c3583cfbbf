-- What an acting call answered, so that its repetition is answered alike. A row is
-- inserted in the transaction of the act itself: either both stand, or neither. Rows
-- are forgotten after a while, hence no trigger against deletion.
-- +goose Up
CREATE TABLE api_replay (
    actor       text        NOT NULL CHECK (length(actor) BETWEEN 1 AND 600),
    key         text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request     bytea       NOT NULL CHECK (length(request) = 32), -- SHA-256 of what was asked
    status      integer     NOT NULL CHECK (status BETWEEN 200 AND 499),
    header      jsonb       NOT NULL,
    body        bytea       NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (actor, key)
);
CREATE INDEX api_replay_recorded ON api_replay (recorded_at);
GRANT SELECT, INSERT, DELETE ON api_replay TO uptally_app;

-- +goose Down
DROP TABLE api_replay;
