-- Merkle trees that were funded: from then on their payouts are paid, and their
-- proofs are served.

-- +goose Up

-- What funds a tree: a transaction that moved its total into the vault of its
-- distributor. A vault serves one tree, so that no tokens count twice.
CREATE TABLE distribution_tree_funding (
    distribution bigint      NOT NULL,
    tree         integer     NOT NULL,
    vault        text        NOT NULL UNIQUE CHECK (length(vault) BETWEEN 32 AND 44), -- the distributor's token account
    signature    text        NOT NULL CHECK (signature <> ''),
    evidence     text        NOT NULL CHECK (evidence IN ('chain', 'file')), -- who says so
    recorded_by  bigint      NOT NULL REFERENCES person,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (distribution, tree),
    FOREIGN KEY (distribution, tree) REFERENCES distribution_tree
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_tree_funding
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON distribution_tree_funding TO uptally_app;
