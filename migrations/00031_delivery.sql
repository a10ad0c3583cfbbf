-- Whoever is told that a name leads inside learns which of our names do. So a try that
-- reached nobody is one outcome to the supplier, and why stands beside it, for staff.
-- And one endpoint is told one message at a time, by whichever process.

-- +goose Up

ALTER TABLE webhook_attempt ADD COLUMN cause text CHECK (cause IN ('forbidden_address', 'unresolved', 'unconnected', 'broken'));

-- What was on record as an outcome is on record as its cause.
ALTER TABLE webhook_attempt DISABLE TRIGGER USER;
UPDATE webhook_attempt SET outcome = 'unreachable', cause = 'forbidden_address' WHERE outcome = 'forbidden_address';
ALTER TABLE webhook_attempt ENABLE TRIGGER USER;

ALTER TABLE webhook_attempt DROP CONSTRAINT webhook_attempt_outcome_check,
    ADD CONSTRAINT webhook_attempt_outcome_check CHECK (outcome IN ('delivered', 'refused', 'redirected', 'timeout', 'unreachable')),
    ADD CONSTRAINT webhook_attempt_unreachable_check CHECK (cause IS NULL OR outcome = 'unreachable');

-- Whose turn it is with an endpoint, and to when others stand in line for it. A turn
-- that was not given back, by a process that died, ends by itself.
CREATE TABLE webhook_turn (
    webhook     uuid        PRIMARY KEY,
    supplier_id uuid        NOT NULL,
    holder      uuid        NOT NULL REFERENCES webhook_message, -- whose job has, or had, the turn
    held_until  timestamptz NOT NULL, -- past: it is free
    line_until  timestamptz NOT NULL, -- when the last in line comes again
    FOREIGN KEY (webhook, supplier_id) REFERENCES webhook (id, supplier_id)
);
CREATE INDEX webhook_turn_supplier ON webhook_turn (supplier_id);
GRANT SELECT, INSERT, UPDATE (holder, held_until, line_until) ON webhook_turn TO uptally_app;
