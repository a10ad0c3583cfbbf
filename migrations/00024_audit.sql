-- Who asked for what, and what came of it? The audit log, what it raised an alarm
-- for, and the switch that halts writing.

-- +goose Up

-- One field as it stands in a digest: its length in bytes and itself, so that no text
-- can be moved from one field to the next; "-" is none.
-- +goose StatementBegin
CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT coalesce(octet_length(value) || '':'' || value, ''-'') || chr(10)';
-- +goose StatementEnd

-- The network that an address is counted with: an IPv4 /24, an IPv6 /64.
-- +goose StatementBegin
CREATE FUNCTION audit_network(address inet) RETURNS inet LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT network(set_masklen(address, CASE family(address) WHEN 4 THEN 24 ELSE 64 END))::inet';
-- +goose StatementEnd

-- A call that was refused, or that changed something. Every text is bounded, as it
-- comes from callers; person refers to nothing, as a refused call may name one whose
-- making was rolled back with it. Numbers, times and digests are the trigger's.
CREATE TABLE audit_entry (
    number          bigint      PRIMARY KEY CHECK (number >= 1),
    at              timestamptz NOT NULL CHECK (isfinite(at)),          -- when it was answered, by the server's clock
    recorded_at     timestamptz NOT NULL CHECK (isfinite(recorded_at)), -- by the database's
    request_id      text        NOT NULL CHECK (length(request_id) <= 64),
    address         inet CHECK (masklen(address) = CASE family(address) WHEN 4 THEN 32 ELSE 128 END), -- null: none, as on the command line
    actor           text        NOT NULL CHECK (length(actor) <= 512),     -- issuer and subject, '' unless a token said so
    person          bigint CHECK (person >= 1),
    supplier_id     uuid,
    operation       text        NOT NULL CHECK (length(operation) <= 100), -- '' if no operation is meant
    method          text        NOT NULL CHECK (length(method) <= 16),
    target          text        NOT NULL CHECK (length(target) <= 512),
    status          integer     NOT NULL CHECK (status BETWEEN 100 AND 599),
    kind            text        NOT NULL CHECK (length(kind) <= 64),       -- of the problem, '' if there was none
    body_sha256     bytea CHECK (length(body_sha256) = 32),
    previous_number bigint      GENERATED ALWAYS AS (nullif(number - 1, 0)) STORED,
    previous_digest bytea       NOT NULL CHECK (length(previous_digest) = 32),
    digest          bytea       NOT NULL CHECK (length(digest) = 32),
    UNIQUE (number, digest),
    CONSTRAINT audit_chain FOREIGN KEY (previous_number, previous_digest) REFERENCES audit_entry (number, digest),
    CHECK (number > 1 OR previous_digest = decode(repeat('00', 32), 'hex'))
);
CREATE INDEX audit_entry_recorded ON audit_entry (recorded_at);
CREATE INDEX audit_entry_request ON audit_entry (request_id);
CREATE INDEX audit_entry_actor ON audit_entry (actor, number);
CREATE INDEX audit_entry_address ON audit_entry (address, number);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- SHA-256(previous digest || the fields in the order of their columns).
-- +goose StatementBegin
CREATE FUNCTION audit_digest(e audit_entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    SELECT sha256(e.previous_digest || convert_to(
        audit_field(e.number::text) || audit_field(extract(epoch FROM e.at)::text) || audit_field(extract(epoch FROM e.recorded_at)::text)
        || audit_field(e.request_id) || audit_field(host(e.address)) || audit_field(e.actor) || audit_field(e.person::text)
        || audit_field(e.supplier_id::text) || audit_field(e.operation) || audit_field(e.method) || audit_field(e.target)
        || audit_field(e.status::text) || audit_field(e.kind) || audit_field(encode(e.body_sha256, 'hex')), 'UTF8'))
$$;
-- +goose StatementEnd

-- One transaction writes at a time. The lock comes before the rows, each of which
-- then sees all that was written before it.
-- +goose StatementBegin
CREATE FUNCTION audit_lock() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_entry'));
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    last record;
BEGIN
    SELECT number, digest INTO last FROM audit_entry ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.recorded_at := clock_timestamp();
    NEW.previous_digest := coalesce(last.digest, decode(repeat('00', 32), 'hex'));
    NEW.digest := audit_digest(NEW);
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER locked BEFORE INSERT ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_lock();
CREATE TRIGGER linked BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_link();

-- The newest entry as it was at a moment. Each must be found in the chain again.
CREATE TABLE audit_head (
    number      bigint      PRIMARY KEY CHECK (number >= 1),
    digest      bytea       NOT NULL CHECK (length(digest) = 32),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A surge in the log.
CREATE TABLE audit_alert (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text        NOT NULL CHECK (kind IN ('refusals', 'refusals_of_address', 'refusals_of_network',
                     'writes_of_actor', 'probing_of_actor', 'probing_of_address', 'probing_of_network')),
    subject      text        NOT NULL CHECK (length(subject) <= 512), -- whose: an actor, an address, a network; '' of all
    count        bigint      NOT NULL CHECK (count >= threshold),
    threshold    bigint      NOT NULL CHECK (threshold >= 1),
    span         interval    NOT NULL CHECK (span > '0'),             -- that was counted
    first_number bigint      NOT NULL CHECK (first_number >= 1),      -- of the entries that were counted
    last_number  bigint      NOT NULL CHECK (last_number >= first_number),
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((kind = 'refusals') = (subject = ''))
);
CREATE INDEX audit_alert_subject ON audit_alert (kind, subject, recorded_at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_alert
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That the hook took an alert.
CREATE TABLE audit_alert_delivery (
    alert        bigint      PRIMARY KEY REFERENCES audit_alert,
    delivered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_alert_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One person halts writing, and nobody halts what is halted: but for the first, a
-- halt follows the resumption of the one before.
CREATE TABLE write_halt (
    number      bigint      PRIMARY KEY CHECK (number >= 1),
    previous    bigint      GENERATED ALWAYS AS (nullif(number - 1, 0)) STORED,
    halted_by   bigint      NOT NULL REFERENCES person,
    reason      text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (number, halted_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON write_halt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Another lets it go on.
CREATE TABLE write_resumption (
    halt        bigint      PRIMARY KEY,
    halted_by   bigint      NOT NULL,
    resumed_by  bigint      NOT NULL REFERENCES person CHECK (resumed_by <> halted_by),
    reason      text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (halt, halted_by) REFERENCES write_halt (number, halted_by)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON write_resumption
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE write_halt ADD CONSTRAINT write_halt_follows FOREIGN KEY (previous) REFERENCES write_resumption (halt);

-- The application says what happened; the rest is not its to choose.
GRANT SELECT, INSERT (at, request_id, address, actor, person, supplier_id, operation, method, target, status, kind, body_sha256)
    ON audit_entry TO uptally_app;
GRANT SELECT, INSERT (number, digest) ON audit_head TO uptally_app;
GRANT SELECT, INSERT (kind, subject, count, threshold, span, first_number, last_number) ON audit_alert TO uptally_app;
GRANT SELECT, INSERT (alert) ON audit_alert_delivery TO uptally_app;
GRANT SELECT, INSERT (number, halted_by, reason) ON write_halt TO uptally_app;
GRANT SELECT, INSERT (halt, halted_by, resumed_by, reason) ON write_resumption TO uptally_app;
GRANT EXECUTE ON FUNCTION audit_field(text), audit_network(inet), audit_digest(audit_entry) TO uptally_app;
