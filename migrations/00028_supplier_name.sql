-- Holders of tokens who act for a supplier are recorded at first use, so nobody looked
-- whether they are a human on record already. Their names are of a kind of their own:
-- under a token's name, which staff go by, one human would be two people.

-- +goose Up
ALTER TABLE person_name DROP CONSTRAINT person_name_kind_check,
    ADD CONSTRAINT person_name_kind_check CHECK (kind IN ('cli', 'token', 'supplier'));

-- Whom the owner put on record has a name on the command line.
ALTER TABLE person_name DISABLE TRIGGER USER;
UPDATE person_name n SET kind = 'supplier'
WHERE kind = 'token' AND NOT EXISTS (SELECT FROM person_name c WHERE c.person_id = n.person_id AND c.kind = 'cli');
ALTER TABLE person_name ENABLE TRIGGER USER;
