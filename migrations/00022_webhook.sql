-- Who is told? Suppliers' endpoints, what they are told, and each try to tell them.

-- +goose Up

-- Where a supplier wants to be told of what. Nothing of it changes: another endpoint
-- is made instead.
CREATE TABLE webhook (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    supplier_id uuid        NOT NULL,
    url         text        NOT NULL CHECK (length(url) BETWEEN 8 AND 1000 AND url !~ '[[:space:]@]'),
    events      text[]      NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 5
        AND events <@ ARRAY['season.sealed', 'payout.paid', 'device.flagged', 'wallet.changed', 'appeal.answered']),
    description text        NOT NULL CHECK (length(description) <= 200),
    made_by     bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (id, supplier_id)
);
CREATE INDEX webhook_supplier ON webhook (supplier_id, recorded_at, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON webhook
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The secrets of an endpoint, by number. What they are stands nowhere: they follow
-- from the server's key, the endpoint and the number.
CREATE TABLE webhook_secret (
    webhook     uuid        NOT NULL,
    supplier_id uuid        NOT NULL,
    number      integer     NOT NULL CHECK (number >= 1),
    made_by     bigint      NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (webhook, number),
    FOREIGN KEY (webhook, supplier_id) REFERENCES webhook (id, supplier_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON webhook_secret
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An endpoint that is told no more: its supplier took it away, or it took nothing for
-- days.
CREATE TABLE webhook_end (
    webhook     uuid        PRIMARY KEY,
    supplier_id uuid        NOT NULL,
    cause       text        NOT NULL CHECK (cause IN ('deleted', 'failing')),
    ended_by    bigint REFERENCES person, -- null: the program
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (webhook, supplier_id) REFERENCES webhook (id, supplier_id),
    CHECK ((cause = 'failing') = (ended_by IS NULL))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON webhook_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One event for one endpoint, once: its bytes are the same in every try.
CREATE TABLE webhook_message (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    number      bigint      NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE, -- the order in which they came up
    webhook     uuid        NOT NULL,
    supplier_id uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('season.sealed', 'payout.paid', 'device.flagged', 'wallet.changed', 'appeal.answered', 'webhook.test')),
    source      text        NOT NULL CHECK (length(source) BETWEEN 1 AND 100), -- names the event among those of its kind
    occurred_at timestamptz NOT NULL,
    body        bytea       NOT NULL CHECK (length(body) BETWEEN 2 AND 65536),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (webhook, kind, source),
    UNIQUE (id, supplier_id),
    FOREIGN KEY (webhook, supplier_id) REFERENCES webhook (id, supplier_id)
);
CREATE INDEX webhook_message_webhook ON webhook_message (webhook, number);
CREATE INDEX webhook_message_recorded ON webhook_message (recorded_at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON webhook_message
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Each try, whatever came of it, and when the next is due: none once it was delivered,
-- or given up.
CREATE TABLE webhook_attempt (
    message      uuid        NOT NULL,
    number       integer     NOT NULL CHECK (number >= 1),
    supplier_id  uuid        NOT NULL,
    outcome      text        NOT NULL CHECK (outcome IN ('delivered', 'refused', 'redirected', 'timeout', 'unreachable', 'forbidden_address')),
    status       integer CHECK (status BETWEEN 100 AND 999), -- of the answer, if there was one
    next_at      timestamptz,
    attempted_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (message, number),
    FOREIGN KEY (message, supplier_id) REFERENCES webhook_message (id, supplier_id),
    CHECK ((outcome = 'delivered') = (status IS NOT NULL AND status BETWEEN 200 AND 299)),
    CHECK ((outcome IN ('delivered', 'refused', 'redirected')) = (status IS NOT NULL)),
    CHECK (outcome <> 'delivered' OR next_at IS NULL),
    CHECK (next_at >= attempted_at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON webhook_attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What can be told, and to whom: of no supplier, to all of them. Nothing in it is of
-- another than whom it is told to.
CREATE VIEW webhook_event WITH (security_invoker = true) AS
SELECT 'season.sealed' AS kind, s.season || '/r' || s.revision AS source, NULL::uuid AS supplier_id,
    s.sealed_at AS occurred_at, s.sealed_at AS recorded_at,
    json_build_object('season', s.season, 'revision', s.revision) AS data
FROM snapshot s
WHERE s.state = 'sealed'
UNION ALL
SELECT 'payout.paid', p.id, p.supplier_id, e.recorded_at, e.recorded_at,
    json_build_object('payout', p.id, 'wallet', p.wallet, 'amount', json_build_object('amount', p.amount::text, 'decimals', 8),
        'signature', e.signature)
FROM distribution_payout_end e JOIN distribution_payout p ON p.distribution = e.distribution AND p.number = e.payout
WHERE e.outcome = 'paid'
UNION ALL
SELECT 'device.flagged', format('%s/%s/%s', v.device, v.by_hand, v.seq), d.supplier_id, v.decided_at, v.recorded_at,
    json_build_object('device_id', d.device_id, 'effective_at', to_char(v.effective_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
FROM verdict v JOIN supplier_device d ON d.device = v.device AND d.to_slot IS NULL -- whose it is now
WHERE v.kind = 'spoofed'
UNION ALL
SELECT 'wallet.changed', w.id::text, w.supplier_id, w.recorded_at, w.recorded_at,
    json_build_object('change', w.kind, 'wallet', w.address,
        'active_from', to_char(w.active_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
FROM wallet_event w
WHERE w.kind IN ('pending', 'activated', 'frozen', 'released')
UNION ALL
SELECT 'appeal.answered', w.appeal::text, w.supplier_id, w.recorded_at, w.recorded_at,
    json_build_object('appeal', w.appeal, 'outcome', w.outcome)
FROM appeal_answer w;

-- To when events were looked for.
CREATE TABLE webhook_collected (
    one          boolean     PRIMARY KEY DEFAULT true CHECK (one),
    collected_to timestamptz NOT NULL
);
INSERT INTO webhook_collected (collected_to) VALUES ('-infinity');

CREATE INDEX distribution_payout_end_recorded ON distribution_payout_end (recorded_at);
CREATE INDEX verdict_recorded ON verdict (recorded_at);
CREATE INDEX wallet_event_recorded ON wallet_event (recorded_at);

GRANT SELECT, INSERT ON webhook, webhook_secret, webhook_end, webhook_message, webhook_attempt TO uptally_app;
GRANT SELECT, UPDATE (collected_to) ON webhook_collected TO uptally_app;
GRANT SELECT ON webhook_event TO uptally_app;

-- A supplier sees their own, and no persons.
ALTER TABLE webhook ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON webhook TO CURRENT_USER USING (true) WITH CHECK (true); -- whoever migrates: FORCE holds for owners too
CREATE POLICY app ON webhook TO uptally_app USING (true) WITH CHECK (true);
CREATE POLICY own ON webhook FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
GRANT SELECT (id, supplier_id, url, events, description, recorded_at) ON webhook TO uptally_supplier;

ALTER TABLE webhook_secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_secret FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON webhook_secret TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY app ON webhook_secret TO uptally_app USING (true) WITH CHECK (true);
CREATE POLICY own ON webhook_secret FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
GRANT SELECT (webhook, supplier_id, number, recorded_at) ON webhook_secret TO uptally_supplier;

ALTER TABLE webhook_end ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_end FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON webhook_end TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY app ON webhook_end TO uptally_app USING (true) WITH CHECK (true);
CREATE POLICY own ON webhook_end FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
GRANT SELECT (webhook, supplier_id, cause, recorded_at) ON webhook_end TO uptally_supplier;

ALTER TABLE webhook_message ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_message FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON webhook_message TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY app ON webhook_message TO uptally_app USING (true) WITH CHECK (true);
CREATE POLICY own ON webhook_message FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
GRANT SELECT (id, number, webhook, supplier_id, kind, occurred_at, recorded_at) ON webhook_message TO uptally_supplier;

ALTER TABLE webhook_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_attempt FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON webhook_attempt TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY app ON webhook_attempt TO uptally_app USING (true) WITH CHECK (true);
CREATE POLICY own ON webhook_attempt FOR SELECT TO uptally_supplier USING (supplier_id = current_setting('uptally.supplier')::uuid);
GRANT SELECT (message, number, supplier_id, outcome, status, next_at, attempted_at) ON webhook_attempt TO uptally_supplier;
