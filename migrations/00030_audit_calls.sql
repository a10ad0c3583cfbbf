-- For how many calls does an audit entry stand? A flood of refusals by the limit, or of
-- failures, is counted in one entry, and must not fill the log.

-- +goose Up
ALTER TABLE audit_entry ADD COLUMN calls bigint NOT NULL DEFAULT 1 CHECK (calls >= 1),
    ADD CONSTRAINT audit_entry_counted CHECK (calls = 1 OR status = 429 OR status >= 500);
GRANT INSERT (calls) ON audit_entry TO uptally_app;

-- The count is one field more, of entries that stand for several calls alone: an entry of
-- one call has the digest that it always had, and no two entries have the same fields.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_digest(e audit_entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(e.previous_digest || convert_to(
        public.audit_field(e.number::text) || public.audit_field(extract(epoch FROM e.at)::text)
        || public.audit_field(extract(epoch FROM e.recorded_at)::text) || public.audit_field(e.request_id)
        || public.audit_field(host(e.address)) || public.audit_field(e.actor) || public.audit_field(e.person::text)
        || public.audit_field(e.supplier_id::text) || public.audit_field(e.operation) || public.audit_field(e.method)
        || public.audit_field(e.target) || public.audit_field(e.status::text) || public.audit_field(e.kind)
        || public.audit_field(encode(e.body_sha256, 'hex'))
        || CASE WHEN e.calls = 1 THEN '' ELSE public.audit_field(e.calls::text) END, 'UTF8'))
$$;
-- +goose StatementEnd
