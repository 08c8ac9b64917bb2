-- The one source of time for every statement. Production: now(). Tests replace the body to move the clock.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() $$;
