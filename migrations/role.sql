-- The application's role. Roles are the whole cluster's, so another database's
-- migration may be creating it at this moment.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'uptally_app') THEN
        CREATE ROLE uptally_app LOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;
