INSERT INTO roles (id, name) VALUES (1, 'STAFF'), (2, 'ADMIN'), (3, 'USER');
--> statement-breakpoint
SELECT setval(pg_get_serial_sequence('roles', 'id'), (SELECT max(id) FROM roles));
--> statement-breakpoint
-- Refreshes rewrite the row; the room keeps the new version on the same page (heap-only tuples).
ALTER TABLE sessions SET (fillfactor = 80);
--> statement-breakpoint
-- Counts one try against every budget asked for, or against none when one of them is used up.
--
-- A try is counted before the password is looked at, and given back when it proves right: parallel tries can
-- therefore never exceed the budget, on any number of processes. Rows are locked in key order, so two sign-ins
-- that share budgets cannot wait for each other crosswise.
--
-- requested: [{key, free, window_seconds, delay_max_seconds}]
--   free               tries that cost nothing
--   delay_max_seconds  null: a fixed window; further tries wait for its end.
--                      else: each further try waits 1 s, 2 s, 4 s … up to this, and a count is forgotten
--                      window_seconds after the last one.
-- A try in flight blocks the next one for 5 s; a refusal then sets the exact delay (confirmRefusedAttempt).
CREATE FUNCTION reserve_attempts(requested jsonb)
RETURNS TABLE (key text, admitted boolean, refused integer, retry_after_seconds double precision)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  instant timestamptz := app_now();
BEGIN
  INSERT INTO attempt_budgets (key)
    SELECT r.key FROM jsonb_to_recordset(requested) AS r(key text) ORDER BY r.key
    ON CONFLICT DO NOTHING;
  PERFORM FROM attempt_budgets b
    WHERE b.key IN (SELECT r.key FROM jsonb_to_recordset(requested) AS r(key text))
    ORDER BY b.key FOR UPDATE;
  RETURN QUERY
  WITH budget AS (
    SELECT r.key, r.free, r.window_seconds, r.delay_max_seconds,
      CASE WHEN b.forgotten_at <= instant THEN 0 ELSE b.refused END AS refused,
      CASE WHEN b.forgotten_at <= instant THEN NULL ELSE b.retry_at END AS retry_at,
      CASE WHEN b.forgotten_at <= instant OR r.delay_max_seconds IS NOT NULL
        THEN instant + make_interval(secs => r.window_seconds) ELSE b.forgotten_at END AS forgotten_at
    FROM jsonb_to_recordset(requested)
      AS r(key text, free integer, window_seconds integer, delay_max_seconds integer)
    JOIN attempt_budgets b ON b.key = r.key
  ), verdict AS (
    SELECT budget.*, coalesce(refused < free OR retry_at <= instant, false) AS admitted FROM budget
  ), counted AS (
    UPDATE attempt_budgets b SET
      refused = v.refused + 1,
      forgotten_at = v.forgotten_at,
      retry_at = CASE
        WHEN v.refused + 1 < v.free THEN NULL
        WHEN v.delay_max_seconds IS NULL THEN v.forgotten_at
        ELSE instant + make_interval(secs =>
          5 + least(v.delay_max_seconds, power(2, least(v.refused + 1 - v.free, 30)))) END
    FROM verdict v
    WHERE b.key = v.key AND (SELECT bool_and(verdict.admitted) FROM verdict)
    RETURNING b.key, b.refused
  )
  SELECT v.key, v.admitted, coalesce(c.refused, v.refused),
    greatest(0, extract(epoch FROM v.retry_at - instant))::double precision
  FROM verdict v LEFT JOIN counted c ON c.key = v.key
  ORDER BY v.key;
END $$;
