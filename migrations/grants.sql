-- What the serving roles may do. Run after every migration, so that this file states
-- what holds. What later migrations add, they grant themselves; all that suppliers may
-- read is granted where its row security stands.

-- Nothing to everyone. Functions are the only objects that Postgres opens to
-- everyone by itself; those of extensions stay as their extension made them.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC;
DO $$
DECLARE
    own regprocedure;
BEGIN
    FOR own IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend
                          WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', own);
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO uptally_app', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO uptally_supplier', current_database());
END $$;

GRANT USAGE ON SCHEMA public TO uptally_app, uptally_supplier;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO uptally_app;

-- Recorded once, and never changed.
GRANT SELECT, INSERT ON
    person, person_name,
    uptime_pull, uptime_given_up, device, device_change, verdict, job_minutes, job_minutes_read, device_orphan,
    ruleset, season, metadata_hold, metadata_release, grace_window, grace_approval, snapshot_line
TO uptally_app;

-- Kept up to date: bits merged into chunks, coverage and closing, cursors, states.
GRANT SELECT, INSERT, UPDATE ON
    uptime_chunk, uptime_coverage, uptime_log, snapshot, snapshot_group
TO uptally_app;
GRANT SELECT, UPDATE ON fact_horizon TO uptally_app;

GRANT EXECUTE ON FUNCTION
    fact_stamp(), uptime_make_partitions(timestamptz, timestamptz)
TO uptally_app;

-- River works as the application; its migrations are the owner's.
DO $$
DECLARE
    own regclass;
    fun regprocedure;
BEGIN
    FOR own IN
        SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname LIKE 'river\_%' AND relname <> 'river_migration'
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO uptally_app', own);
    END LOOP;
    FOR fun IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'river\_%'
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO uptally_app', fun);
    END LOOP;
END $$;

-- Whether the schema is the one that the program needs.
GRANT SELECT ON goose_db_version, river_migration TO uptally_app;
