ALTER TABLE "one_time_links" ADD COLUMN IF NOT EXISTS "session_id" uuid;
--> statement-breakpoint
-- A primary that another server takes over from may stay up and only refuse writes: what it answers is of the past too.
CREATE OR REPLACE FUNCTION require_primary() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' THEN
    RAISE read_only_sql_transaction USING MESSAGE = 'this server is not the primary, or takes no writes';
  END IF;
  RETURN true;
END $$;
