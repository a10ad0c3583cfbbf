-- Review of held changes: a change that a person looked at and did not believe.

-- +goose Up

-- A refusal changes no amount: the change stays set aside by its hold. It says that
-- the change was decided, once and for all; so only a change that a hold sets aside
-- is refused, and then it is never released, neither by itself nor with a hold that
-- it lies in.
CREATE TABLE metadata_refusal (
    change_seq  bigint      PRIMARY KEY REFERENCES device_change (seq),
    reason      text        NOT NULL CHECK (reason <> ''),
    person_id   bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metadata_refusal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON metadata_refusal TO uptally_app;

-- Both acts take one lock before they look at the other's rows, so that of two at
-- once the later sees the earlier.
-- +goose StatementBegin
CREATE FUNCTION metadata_refuse_released() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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

CREATE FUNCTION metadata_release_refused() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
-- +goose StatementEnd
CREATE TRIGGER decided_once AFTER INSERT ON metadata_refusal REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION metadata_refuse_released();
CREATE TRIGGER decided_once AFTER INSERT ON metadata_release REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION metadata_release_refused();

-- What holds are over, without a look at every change ever logged.
CREATE INDEX device_change_untrusted ON device_change (changed_at) WHERE channel = 'worker-api';
