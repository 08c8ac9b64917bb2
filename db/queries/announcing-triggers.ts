import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { statement } from '../statement.ts'

/** What migrations 0003 and 0004 made: table, trigger, when it fires (`pg_trigger.tgtype`, columns), function, md5 of its source. */
const expected = [
  'function announce_change 6d2abc90c7883541746f826750d4e8e0',
  'roles announce_change enabled=A type=60 when=false announce_table 844cfd696a60c0c106fc69d58541ac38',
  'sessions announce_delete enabled=A type=9 when=true announce_session 6927e7b7dbea278f2503adb49ae0a1be',
  'sessions announce_truncate enabled=A type=32 when=false announce_all 17c5b9e77b7f38839c5f8012560aa93c',
  'sessions announce_update enabled=A type=17 when=true of=user_id,session_epoch,created_at,last_used_at,idle_until,expires_at,ended_at announce_session 6927e7b7dbea278f2503adb49ae0a1be',
  'settings announce_change enabled=A type=60 when=false announce_table 844cfd696a60c0c106fc69d58541ac38',
  'signing_keys announce_change enabled=A type=60 when=false announce_table 844cfd696a60c0c106fc69d58541ac38',
  'user_roles announce_change enabled=A type=29 when=false announce_user_role e0469dff570ad76b92500f85ac9eb0ca',
  'user_roles announce_truncate enabled=A type=32 when=false announce_all 17c5b9e77b7f38839c5f8012560aa93c',
  'users announce_delete enabled=A type=9 when=false announce_user 11abdd5759756f5dc13d7f00d5224932',
  'users announce_truncate enabled=A type=32 when=false announce_all 17c5b9e77b7f38839c5f8012560aa93c',
  'users announce_update enabled=A type=17 when=true of=email,username,email_verified_at,disabled_at,deleted_at,session_epoch announce_user 11abdd5759756f5dc13d7f00d5224932',
]

const tables = ['roles', 'sessions', 'settings', 'signing_keys', 'user_roles', 'users'].map((name) =>
  sql.raw(`'${name}'::regclass`),
)

const list = statement<object, { line: string }>(
  'list_announcing_triggers',
  // Without pg_get_triggerdef(): versions of PostgreSQL may print a definition in different ways.
  () => sql`
    select concat_ws(' ', relname, tgname, 'enabled=' || tgenabled::text, 'type=' || tgtype,
      'when=' || (tgqual is not null),
      'of=' || (select string_agg(attname, ',' order by attnum) from pg_attribute
        where attrelid = tgrelid and attnum = any(tgattr)),
      proname, md5(prosrc)) as "line"
    from pg_trigger join pg_class on pg_class.oid = tgrelid join pg_proc on pg_proc.oid = tgfoid
    where not tgisinternal and tgrelid = any(array[${sql.join(tables, sql`, `)}])
    union all
    select concat_ws(' ', 'function', proname, md5(prosrc)) from pg_proc where oid = 'announce_change'::regproc`,
)

/** What is not there any more, or not as it was made; empty when every change is announced. Others' triggers are theirs. */
export async function findTriggerDamage(db: Connection): Promise<string[]> {
  const rows = await db.run(list({}))
  const actual = new Set(rows.map(({ line }) => line))
  return expected.filter((line) => !actual.has(line))
}
