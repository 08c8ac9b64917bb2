-- The change feed. Processes answer signed-in requests from memory; these triggers tell them, with ids only, what
-- must not be remembered any longer. Nothing that happens often is announced (a new session, a refresh, a use):
-- commits that notify queue up behind each other.
--
-- Payloads: session:<uuid>, user:<id>, table:<name>, all.
--
-- A statement of ours that touches very many rows sets session_management.quiet to on for its transaction, and sends
-- one "all" itself, if anything that it did could be remembered.
CREATE FUNCTION announce_change(payload text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('session_management.quiet', true) IS DISTINCT FROM 'on' THEN
    PERFORM pg_notify('session_changes', payload);
  END IF;
END $$;
--> statement-breakpoint
CREATE FUNCTION announce_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_change('session:' || OLD.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION announce_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_change('user:' || OLD.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION announce_user_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM announce_change('user:' || OLD.user_id);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM announce_change('user:' || NEW.user_id);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION announce_table() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_change('table:' || TG_TABLE_NAME);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION announce_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('session_changes', 'all');
  RETURN NULL;
END $$;
--> statement-breakpoint
-- A use moves idle_until forward, which needs no announcement; only a hand moves it back.
CREATE TRIGGER announce_update AFTER UPDATE OF ended_at, expires_at, user_id, session_epoch, idle_until
  ON sessions FOR EACH ROW
  WHEN (OLD.ended_at IS NULL AND (NEW.idle_until < OLD.idle_until
    OR (OLD.ended_at, OLD.expires_at, OLD.user_id, OLD.session_epoch)
    IS DISTINCT FROM (NEW.ended_at, NEW.expires_at, NEW.user_id, NEW.session_epoch)))
  EXECUTE FUNCTION announce_session();
--> statement-breakpoint
CREATE TRIGGER announce_delete AFTER DELETE ON sessions FOR EACH ROW
  WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION announce_session();
--> statement-breakpoint
CREATE TRIGGER announce_update
  AFTER UPDATE OF email, username, email_verified_at, disabled_at, deleted_at, session_epoch ON users FOR EACH ROW
  WHEN ((OLD.email, OLD.username, OLD.email_verified_at, OLD.disabled_at, OLD.deleted_at, OLD.session_epoch)
    IS DISTINCT FROM
    (NEW.email, NEW.username, NEW.email_verified_at, NEW.disabled_at, NEW.deleted_at, NEW.session_epoch))
  EXECUTE FUNCTION announce_user();
--> statement-breakpoint
CREATE TRIGGER announce_delete AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION announce_user();
--> statement-breakpoint
CREATE TRIGGER announce_change AFTER INSERT OR UPDATE OR DELETE ON user_roles FOR EACH ROW
  EXECUTE FUNCTION announce_user_role();
--> statement-breakpoint
CREATE TRIGGER announce_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON roles FOR EACH STATEMENT
  EXECUTE FUNCTION announce_table();
--> statement-breakpoint
CREATE TRIGGER announce_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON signing_keys FOR EACH STATEMENT
  EXECUTE FUNCTION announce_table();
--> statement-breakpoint
CREATE TRIGGER announce_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON settings FOR EACH STATEMENT
  EXECUTE FUNCTION announce_table();
--> statement-breakpoint
CREATE TRIGGER announce_truncate AFTER TRUNCATE ON sessions FOR EACH STATEMENT EXECUTE FUNCTION announce_all();
--> statement-breakpoint
CREATE TRIGGER announce_truncate AFTER TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION announce_all();
--> statement-breakpoint
CREATE TRIGGER announce_truncate AFTER TRUNCATE ON user_roles FOR EACH STATEMENT EXECUTE FUNCTION announce_all();
--> statement-breakpoint
-- Also for statements that replication applies.
ALTER TABLE sessions ENABLE ALWAYS TRIGGER announce_update;
--> statement-breakpoint
ALTER TABLE sessions ENABLE ALWAYS TRIGGER announce_delete;
--> statement-breakpoint
ALTER TABLE sessions ENABLE ALWAYS TRIGGER announce_truncate;
--> statement-breakpoint
ALTER TABLE users ENABLE ALWAYS TRIGGER announce_update;
--> statement-breakpoint
ALTER TABLE users ENABLE ALWAYS TRIGGER announce_delete;
--> statement-breakpoint
ALTER TABLE users ENABLE ALWAYS TRIGGER announce_truncate;
--> statement-breakpoint
ALTER TABLE user_roles ENABLE ALWAYS TRIGGER announce_change;
--> statement-breakpoint
ALTER TABLE user_roles ENABLE ALWAYS TRIGGER announce_truncate;
--> statement-breakpoint
ALTER TABLE roles ENABLE ALWAYS TRIGGER announce_change;
--> statement-breakpoint
ALTER TABLE signing_keys ENABLE ALWAYS TRIGGER announce_change;
--> statement-breakpoint
ALTER TABLE settings ENABLE ALWAYS TRIGGER announce_change;
--> statement-breakpoint
-- A standby, or a primary that was demoted while a connection stayed open, would answer reads from the past. Fails with
-- the SQLSTATE that makes the pool drop the connection.
CREATE FUNCTION require_primary() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE read_only_sql_transaction USING MESSAGE = 'this server is not the primary';
  END IF;
  RETURN true;
END $$;
