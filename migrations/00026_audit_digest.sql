-- The digest of an audit entry, as it was, but ten times as fast: a function with a
-- setting of its own cannot be made part of the statement that calls it. Names are
-- written out instead.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_digest(e audit_entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(e.previous_digest || convert_to(
        public.audit_field(e.number::text) || public.audit_field(extract(epoch FROM e.at)::text)
        || public.audit_field(extract(epoch FROM e.recorded_at)::text) || public.audit_field(e.request_id)
        || public.audit_field(host(e.address)) || public.audit_field(e.actor) || public.audit_field(e.person::text)
        || public.audit_field(e.supplier_id::text) || public.audit_field(e.operation) || public.audit_field(e.method)
        || public.audit_field(e.target) || public.audit_field(e.status::text) || public.audit_field(e.kind)
        || public.audit_field(encode(e.body_sha256, 'hex')), 'UTF8'))
$$;
-- +goose StatementEnd
