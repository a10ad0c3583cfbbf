-- Everything in schema public that is not an extension's, one line an object, in
-- words that do not depend on how or in what order it was made.
WITH relation AS (
    SELECT oid, relname, relkind, relacl, relowner, reloptions FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
), routine AS (
    SELECT oid, proacl, proowner FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
), line AS (
    SELECT format('relation %s kind %s options %s', relname, relkind, reloptions) AS text FROM relation
UNION ALL
    SELECT format('column %s.%s place %s type %s not null %s default %s identity %s generated %s storage %s collation %s',
        relname, attname, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), format_type(atttypid, atttypmod), attnotnull,
        pg_get_expr(adbin, adrelid), attidentity, attgenerated, attstorage, attcollation::regcollation)
    FROM relation JOIN pg_attribute ON attrelid = relation.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'c')
UNION ALL
    SELECT format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
    SELECT pg_get_indexdef(oid) FROM relation WHERE relkind IN ('i', 'I')
UNION ALL
    SELECT pg_get_triggerdef(pg_trigger.oid) || ' enabled ' || tgenabled::text
    FROM pg_trigger JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
    SELECT pg_get_functiondef(oid) FROM routine
UNION ALL
    SELECT format('sequence %s type %s from %s by %s between %s and %s cycle %s', seqrelid::regclass, seqtypid::regtype,
        seqstart, seqincrement, seqmin, seqmax, seqcycle)
    FROM pg_sequence JOIN relation ON relation.oid = seqrelid
UNION ALL
    SELECT format('enum %s %s', enumtypid::regtype, string_agg(enumlabel, ', ' ORDER BY enumsortorder)) FROM pg_enum GROUP BY enumtypid
UNION ALL
    SELECT format('extension %s', extname) FROM pg_extension
UNION ALL
    SELECT format('policy %s.%s %s %s %s', tablename, policyname, cmd, qual, with_check) FROM pg_policies WHERE schemaname = 'public'
UNION ALL
    SELECT format('grant on %s to %s: %s', relname, grantee::regrole, string_agg(privilege_type, ', ' ORDER BY privilege_type))
    FROM relation, aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)))
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S') GROUP BY relname, grantee
UNION ALL
    SELECT format('grant on %s.%s to %s: %s', relname, attname, grantee::regrole, string_agg(privilege_type, ', ' ORDER BY privilege_type))
    FROM relation JOIN pg_attribute ON attrelid = relation.oid, aclexplode(attacl) GROUP BY relname, attname, grantee
UNION ALL
    SELECT format('grant on %s to %s: %s', oid::regprocedure, grantee::regrole, privilege_type)
    FROM routine, aclexplode(coalesce(proacl, acldefault('f', proowner)))
UNION ALL
    SELECT format('grant on schema to %s: %s', grantee::regrole, privilege_type)
    FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public'
)
-- Without parentheses: (a AND b) AND c comes back from a dump as a AND b AND c.
SELECT translate(text, '()', '') FROM line ORDER BY text COLLATE "C";
