-- The roles that serve. Roles are the whole cluster's, so another database's
-- migration may be creating them at this moment.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'uptally_app') THEN
        CREATE ROLE uptally_app LOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;

-- What a supplier asks for is read as this one: it is held by row security, and
-- neither takes privileges from other roles nor hands them on.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'uptally_supplier') THEN
        CREATE ROLE uptally_supplier LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;
