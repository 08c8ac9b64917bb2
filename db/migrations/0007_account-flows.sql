CREATE TABLE "audit_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"occurred_at" timestamp with time zone DEFAULT app_now() NOT NULL,
	"name" text NOT NULL,
	"user_id" bigint,
	"actor" text NOT NULL,
	"session_id" uuid,
	"client_address" "inet",
	"device" text,
	"request_id" text,
	"details" jsonb DEFAULT '{}' NOT NULL,
	CONSTRAINT "audit_events_actor_check" CHECK ("audit_events"."actor" in ('user', 'operator', 'system'))
);
--> statement-breakpoint
ALTER TABLE "mail_messages" ADD COLUMN "by_address" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "pending_registrations" ADD COLUMN "client_address" "inet";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "erase_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "audit_events_user_id_idx" ON "audit_events" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "users_erase_at_idx" ON "users" USING btree ("erase_at") WHERE "users"."erase_at" is not null;
--> statement-breakpoint
-- The record is only ever added to; what is old enough, or of an account that is removed, is deleted.
CREATE FUNCTION keep_audit_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit events are not changed';
END $$;
--> statement-breakpoint
CREATE TRIGGER keep_unchanged BEFORE UPDATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_events();
