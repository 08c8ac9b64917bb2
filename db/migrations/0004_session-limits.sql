CREATE INDEX "session_epochs_began_at_idx" ON "session_epochs" USING btree ("began_at");--> statement-breakpoint
-- Ends the sessions of a user that were not used for the longest time, beyond those that may stay beside the one that
-- begins, and returns their ids.
--
-- Called by the statement that begins a session, which has locked the row of the user. A function, because each
-- statement in it sees what is committed by then: the caller itself sees nothing of the sign-ins that it waited for,
-- and would end too few.
--
-- replaced      a session that ends by other means as this one begins, or null
-- idle_max      seconds, the strictest of the user's roles, or null; absolute_max likewise
CREATE FUNCTION end_excess_sessions(owner bigint, epoch integer, begun uuid, replaced uuid, kept integer,
  idle_max integer, absolute_max integer)
RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH excess AS (
    SELECT s.id FROM sessions s
    WHERE s.user_id = owner AND s.session_epoch = epoch AND s.ended_at IS NULL
      AND s.id <> begun AND s.id IS DISTINCT FROM replaced
      AND least(s.expires_at, s.created_at + make_interval(secs => absolute_max)) > app_now()
      AND least(s.idle_until, s.last_used_at + make_interval(secs => idle_max)) + interval '60 s' > app_now()
    ORDER BY s.last_used_at DESC, s.id DESC OFFSET kept
  ), locked AS (
    -- In the order in which every statement locks several sessions.
    SELECT s.id FROM sessions s WHERE s.id IN (SELECT excess.id FROM excess) AND s.ended_at IS NULL
    ORDER BY s.id FOR UPDATE
  )
  UPDATE sessions s SET ended_at = app_now(), ended_reason = 'limit'
  FROM locked WHERE s.id = locked.id RETURNING s.id;
END $$;
--> statement-breakpoint
-- The limits of roles count from created_at and last_used_at, so whoever moves these by hand moves an end.
DROP TRIGGER announce_update ON sessions;
--> statement-breakpoint
CREATE TRIGGER announce_update
  AFTER UPDATE OF ended_at, expires_at, user_id, session_epoch, idle_until, created_at, last_used_at
  ON sessions FOR EACH ROW
  WHEN (OLD.ended_at IS NULL AND (NEW.idle_until < OLD.idle_until OR NEW.last_used_at < OLD.last_used_at
    OR (OLD.ended_at, OLD.expires_at, OLD.user_id, OLD.session_epoch, OLD.created_at)
    IS DISTINCT FROM (NEW.ended_at, NEW.expires_at, NEW.user_id, NEW.session_epoch, NEW.created_at)))
  EXECUTE FUNCTION announce_session();
--> statement-breakpoint
ALTER TABLE sessions ENABLE ALWAYS TRIGGER announce_update;
