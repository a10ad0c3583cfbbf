-- Attempts on durable nonces. A nonce's value is used up by the first transaction on
-- it that lands, so two messages on one value can never both pay.

-- +goose Up

-- The attempt whose place this one takes: of the same batch, on the same value of the
-- same nonce. It holds no payouts; they stay with the attempt that it replaces.
ALTER TABLE distribution_attempt
    ADD COLUMN replaces bigint,
    ADD UNIQUE (id, distribution, batch, nonce_account, blockhash),
    ADD FOREIGN KEY (replaces, distribution, batch, nonce_account, blockhash)
        REFERENCES distribution_attempt (id, distribution, batch, nonce_account, blockhash),
    ADD CHECK (replaces IS NULL OR nonce_account IS NOT NULL);

-- A value of a nonce is one batch's, whatever the distribution.
CREATE UNIQUE INDEX distribution_attempt_nonce ON distribution_attempt (nonce_account, blockhash)
    WHERE nonce_account IS NOT NULL AND replaces IS NULL;

-- A replacement pays nobody in its own name.
-- +goose StatementBegin
CREATE FUNCTION distribution_refuse_replacement() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added n JOIN distribution_attempt a ON a.id = n.attempt WHERE a.replaces IS NOT NULL) THEN
        RAISE EXCEPTION 'the payouts of a replacement stay with the attempt that it replaces'
            USING ERRCODE = 'integrity_constraint_violation', TABLE = 'distribution_payout_attempt';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER no_replacement AFTER INSERT ON distribution_payout_attempt REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION distribution_refuse_replacement();
