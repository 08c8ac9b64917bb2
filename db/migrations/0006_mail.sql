CREATE TABLE "mail_messages" (
	"id" uuid PRIMARY KEY NOT NULL,
	"template" text NOT NULL,
	"user_id" bigint,
	"pending_registration_id" uuid,
	"recipient" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT app_now() NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT app_now() NOT NULL,
	"sent_at" timestamp with time zone,
	"failed_at" timestamp with time zone,
	"last_error" text,
	CONSTRAINT "mail_messages_state_check" CHECK ("mail_messages"."state" in ('queued', 'sending', 'sent', 'failed', 'withdrawn'))
);
--> statement-breakpoint
CREATE TABLE "one_time_links" (
	"id" uuid PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"user_id" bigint,
	"pending_registration_id" uuid,
	"email" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT app_now() NOT NULL,
	"handed_over_at" timestamp with time zone,
	"used_at" timestamp with time zone,
	"voided_at" timestamp with time zone,
	"code_tries" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "mail_messages" ADD CONSTRAINT "mail_messages_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail_messages" ADD CONSTRAINT "mail_messages_pending_registration_id_fkey" FOREIGN KEY ("pending_registration_id") REFERENCES "public"."pending_registrations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD CONSTRAINT "one_time_links_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD CONSTRAINT "one_time_links_pending_registration_id_fkey" FOREIGN KEY ("pending_registration_id") REFERENCES "public"."pending_registrations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mail_messages_waiting_idx" ON "mail_messages" USING btree ("next_attempt_at") WHERE state in ('queued', 'sending');--> statement-breakpoint
CREATE INDEX "mail_messages_user_id_idx" ON "mail_messages" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "mail_messages_pending_registration_id_idx" ON "mail_messages" USING btree ("pending_registration_id") WHERE pending_registration_id is not null;--> statement-breakpoint
CREATE INDEX "one_time_links_user_id_idx" ON "one_time_links" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "one_time_links_pending_registration_id_idx" ON "one_time_links" USING btree ("pending_registration_id") WHERE pending_registration_id is not null;--> statement-breakpoint
CREATE INDEX "one_time_links_email_idx" ON "one_time_links" USING btree (lower("email"));--> statement-breakpoint
-- An INSERT into the outbox is all that a change has to do, in whatever statement: the job comes with it, and exists
-- exactly if the change does. Where the queue is not installed yet, the sweep of the first worker finds the row.
CREATE FUNCTION queue_mail_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_regproc('graphile_worker.add_job') IS NOT NULL THEN
    PERFORM graphile_worker.add_job('deliver_mail', json_build_object('id', NEW.id), job_key => 'mail:' || NEW.id);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER queue_delivery AFTER INSERT ON mail_messages FOR EACH ROW WHEN (NEW.state = 'queued')
  EXECUTE FUNCTION queue_mail_delivery();
