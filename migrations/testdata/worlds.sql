-- Two suppliers with a row each in every table that has rows of suppliers. What is of
-- the first is marked by 1111, of the second by 2222, in ids, amounts and texts.
SET session_replication_role = replica; -- no foreign keys, no triggers: rows alone
CREATE TEMPORARY TABLE of AS
    SELECT n, (repeat(n::text, 8) || '-0000-0000-0000-' || repeat(n::text, 12))::uuid AS id,
        repeat(n::text, 7)::bigint AS amount, repeat(n::text, 40) AS address, repeat(n::text, 32) AS mark, repeat(n::text, 4)::bigint AS key
    FROM generate_series(1, 2) n;

INSERT INTO ruleset (sha256, name, version, toml) VALUES (sha256('x'), 'x', 1, 'x');
INSERT INTO season (code, first_day, last_day, pool, ruleset, created_by) VALUES ('s1', '2024-05-01', '2024-05-30', 10, sha256('x'), 1);
INSERT INTO snapshot (id, season, revision, state, as_of, estimate, reopenings, taken_by, points, allocated, residual, lines, suppliers,
        observed_slots, season_slots, digest, decided_by, decided_at, approved_digest, sealed_by, sealed_at) OVERRIDING SYSTEM VALUE
    VALUES (1, 's1', 1, 'sealed', now(), false, 0, 1, 1, 1, 1, 2, 2, 1, 1, sha256('s'), 2, now(), sha256('s'), 2, now()),
           (2, 's1', 2, 'draft', now(), false, 0, 1, 1, 1, 1, 2, 2, 1, 1, sha256('s'), NULL, NULL, NULL, NULL, NULL);
INSERT INTO snapshot_line SELECT s.id, 0, n, 100, 200, of.id, 1, 1, 0, 1, 1, 1, 1, amount, 0, 0 FROM of, snapshot s;
INSERT INTO estimate VALUES ('s1', now(), 1, 1, 1, 2, 2, 1, 1);
INSERT INTO estimate_line SELECT 's1', n, 100, 200, id, 1, 1, 0, 1, 1, 1, 1, amount, 0, 0 FROM of;
INSERT INTO metadata_hold (held_from, held_to, reason, person_id, recorded_at) VALUES ('2024-04-25Z', '2024-04-26Z', 'x', 1, now());
INSERT INTO metadata_release (hold_id, change_seq, reason, person_id, recorded_at) VALUES (1, NULL, 'x', 1, now()), (NULL, 7, 'x', 1, now());
INSERT INTO uptime_coverage (hour) VALUES ('2024-05-01Z');
INSERT INTO grace_window (season, window_from, window_to, cause, lookback, min_before, sustain, reconnect_by, credit, require_genuine, proposed_by, recorded_at)
    SELECT 's1', '2024-05-01Z', '2024-05-02Z', cause, 288, '0.5', 3, '2024-05-03Z', 'full', false, 1, now() FROM unnest(ARRAY['approved', 'proposed']) cause;
INSERT INTO grace_approval VALUES (1, 's1', '2024-05-01Z', '2024-05-02Z', 1, 2, now());

INSERT INTO supplier_device SELECT id, key, id, 100, NULL, now(), mark, 1, 'high', NULL, NULL FROM of;
INSERT INTO verdict SELECT key, false, key, 'spoofed', now(), now(), mark, 'evidence', NULL, now() FROM of;

INSERT INTO ledger_account (id, kind, season) OVERRIDING SYSTEM VALUE VALUES (1, 'treasury', NULL), (2, 'pool', 's1');
INSERT INTO ledger_account (id, kind, supplier_id, balance) OVERRIDING SYSTEM VALUE
    SELECT key, 'earned', id, amount FROM of UNION ALL SELECT key * 10, 'transit', id, amount FROM of;
INSERT INTO ledger_transfer SELECT 2, n, 2, key, amount FROM of UNION ALL SELECT key, 1, key, key * 10, amount FROM of UNION ALL SELECT 1, 1, 1, 2, 10;
INSERT INTO ledger_journal (number, act, key, actor, reason, season, revision, subject_digest, payout_minimum, count, total, posted_at,
        transfers_digest, previous_digest, digest)
    SELECT number, act, number, 1, 'x', season, revision, sha256('s'), CASE WHEN revision = 1 THEN 0 END, 1, 10, now(), sha256('s'),
        CASE number WHEN 1 THEN decode(repeat('00', 32), 'hex') ELSE sha256('s') END, sha256('s')
    FROM (SELECT 1::bigint, 'fund', 's1', NULL::integer UNION ALL SELECT 2, 'seal', 's1', 1 UNION ALL SELECT key, 'prepare', NULL, NULL FROM of)
        AS j (number, act, season, revision);

INSERT INTO distribution (number, key, reason, rail, minimum, journal, payees, total, manifest_sha256, prepared_by, prepared_at)
    SELECT key, key, 'x', 'merkle', 0, key, 1, 1, sha256('s'), 1, now() FROM of;
INSERT INTO distribution_approval SELECT key, 1, sha256('s'), 2, now() FROM of;
INSERT INTO distribution_payout (distribution, number, supplier_id, wallet, amount) SELECT key, n, id, address, amount FROM of;
INSERT INTO distribution_payout_line SELECT key, n, 's1', 1, amount FROM of;
INSERT INTO distribution_payout_end SELECT key, n, 'paid', key, mark, 'chain' FROM of;
INSERT INTO distribution_aside SELECT key, n, 'wallet_frozen', mark, NULL FROM of;
INSERT INTO distribution_carried SELECT key, id, amount, 'no_wallet' FROM of;
INSERT INTO distribution_set_off SELECT key, id, 's1', 1, amount FROM of;
INSERT INTO distribution_attempt (id, distribution, batch, message, blockhash, last_valid, attempted_by) OVERRIDING SYSTEM VALUE
    SELECT key, key, 1, mark::bytea, mark, 1, 1 FROM of;
INSERT INTO distribution_attempt_signed SELECT key, mark, mark::bytea FROM of;
INSERT INTO distribution_attempt_end SELECT key, 'landed', mark, 1, mark FROM of;
INSERT INTO distribution_payout_attempt (distribution, payout, turn, attempt) SELECT key, n, 1, key FROM of;
INSERT INTO distribution_tree (distribution, number, root, nodes, total) SELECT key, key, mark::bytea, 1, amount FROM of;
INSERT INTO distribution_tree_payout SELECT key, n, key FROM of;
INSERT INTO distribution_tree_funding SELECT key, key, address, mark, 'chain', 1 FROM of;

INSERT INTO supplier_wallet (supplier_id, address, recorded_by) SELECT id, address, 1 FROM of;
INSERT INTO wallet_challenge (number, supplier_id, address, domain, nonce, issued_at, expires_at, text, issued_by) OVERRIDING SYSTEM VALUE
    SELECT key, id, address, 'd', mark, now(), now() + interval '1 hour', mark || address, 1 FROM of;
INSERT INTO wallet_proof SELECT mark, id, address, key, mark || address, 'raw', (mark || mark)::bytea, 1, now() FROM of;
INSERT INTO wallet (id, supplier_id, address, nonce, active_from, recorded_at) OVERRIDING SYSTEM VALUE SELECT key, id, address, mark, now(), now() FROM of;
INSERT INTO wallet_event (supplier_id, kind, address, reason, person, recorded_at) SELECT id, 'proved', address, mark, 1, now() FROM of;
INSERT INTO wallet_freeze (id, supplier_id, reason, frozen_by, recorded_at) OVERRIDING SYSTEM VALUE SELECT key, id, mark, 1, now() FROM of;
INSERT INTO wallet_release (id, supplier_id, lifts, reason, asked_by, recorded_at) OVERRIDING SYSTEM VALUE SELECT key, id, key, mark, 1, now() FROM of;
INSERT INTO wallet_release_approval SELECT key, 1, 2, now() FROM of;

INSERT INTO appeal (id, supplier_id, season, revision, device, device_id, first_slot, end_slot, outcome, notes, amount, reason, evidence,
        within_days, answer_days, opened_by, recorded_at, due_at, state, reviewed_by, reviewed_at, ended_at)
    SELECT id, id, 's1', 1, n, id, 100, 200, 6, 0, amount, mark, ARRAY[mark], 30, 14, 1, now(), now() + interval '14 days', 'refused', 2, now(), now() FROM of;
INSERT INTO appeal_answer (appeal, supplier_id, opened_by, answered_by, outcome, reason, verdict) SELECT id, id, 1, 2, 'refused', mark, key FROM of;
INSERT INTO webhook (id, supplier_id, url, events, description, made_by)
    SELECT id, id, 'https://' || mark || '.example/', ARRAY['payout.paid'], mark, 1 FROM of;
INSERT INTO webhook_secret (webhook, supplier_id, number, made_by) SELECT id, id, 1, 1 FROM of;
INSERT INTO webhook_end (webhook, supplier_id, cause, ended_by) SELECT id, id, 'deleted', 1 FROM of;
INSERT INTO webhook_message (id, webhook, supplier_id, kind, source, occurred_at, body) SELECT id, id, id, 'payout.paid', mark, now(), mark::bytea FROM of;
INSERT INTO webhook_attempt (message, number, supplier_id, outcome, attempted_at) SELECT id, 1, id, 'timeout', now() FROM of;
INSERT INTO snapshot_supplier SELECT 1, id, 1, 1, 1, 1, 0, 1, amount, ARRAY[1, 0, 0, 0, 0, 0, 0] FROM of;
INSERT INTO estimate_supplier SELECT 's1', id, 1, 1, 1, 1, 0, 1, amount, ARRAY[1, 0, 0, 0, 0, 0, 0] FROM of;
INSERT INTO snapshot_total VALUES (1, 2, ARRAY[2, 0, 0, 0, 0, 0, 0]);
INSERT INTO uptime_population VALUES ('2024-05-01Z', array_fill(2, ARRAY[12]));
RESET session_replication_role;
DROP TABLE of;
