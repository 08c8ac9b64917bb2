import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Change, type ChangeListener, openChangeListener } from '#db/change-listener.ts'
import { findTriggerDamage } from '#db/queries/announcing-triggers.ts'
import { identifyDatabase, readQueueUsage, sendBeat } from '#db/queries/change-feed.ts'
import { provokeAnnouncement, provokedTable } from '#db/queries/feed-probe.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type Finding, failed, messageOf, ok, warning } from './finding.ts'
import { repairOf } from './trigger-repair.ts'

const check = 'change feed'
const answerMsMax = 3000
const slowMs = 500
const fullQueue = 0.5

const direct =
  'DATABASE_URL has to lead to PostgreSQL itself, or to a pooler in session mode: LISTEN does not work through one in transaction mode.'

/** Does what is written reach who listens: a beat, as processes send them, and the message of a trigger? */
export async function checkFeed({ config, database, random, clock }: Runtime): Promise<Finding> {
  if (config.session.liveViewSessions === null)
    return ok(check, 'LIVE_VIEW=off: every request reads its session from the database')
  const beatChannel = `session_beat_doctor_${random.bytes(8).toString('hex')}`
  const heard = createMailbox()
  let listener: ChangeListener | null = null
  try {
    listener = await openChangeListener({
      url: config.database.url.reveal(),
      beatChannel,
      onChange: (change) => heard.put(nameOf(change)),
      onBeat: () => heard.put('beat'),
      onLost: () => {},
    })
    const written = await identifyDatabase(database)
    if (written.systemIdentifier !== listener.identity.systemIdentifier)
      return failed(check, 'Who listens and who writes are connected to two different servers', direct)
    const startedMs = clock.monotonicMs()
    await sendBeat(database, beatChannel, 1)
    if (!(await heard.within('beat', answerMsMax)))
      return failed(check, 'A message that was sent through the database did not come back', direct)
    const beatMs = clock.monotonicMs() - startedMs
    await provokeAnnouncement(database)
    if (!(await heard.within(provokedTable, answerMsMax)))
      return failed(check, 'A change was written, and no trigger announced it', 'See the triggers below.')
    return judgeSpeed(beatMs, await readQueueUsage(database))
  } catch (error) {
    return failed(check, messageOf(error), direct)
  } finally {
    listener?.close()
  }
}

function judgeSpeed(beatMs: number, queueUsage: number): Finding {
  const speed = `A message comes back after ${Math.round(beatMs)} ms`
  if (queueUsage > fullQueue) {
    const share = `${Math.round(queueUsage * 100)} %`
    const fix =
      'Find the session that stopped reading: select pid, state, query from pg_stat_activity order by backend_start.'
    return warning(check, `${speed}, but the queue of notifications is ${share} full`, fix)
  }
  if (beatMs > slowMs)
    return warning(
      check,
      speed,
      'Above 2 s memory is not trusted any more. Look at the load of the database.',
    )
  return ok(check, speed)
}

/** Are the triggers as the migrations made them? */
export async function checkTriggers({ database }: Runtime, migrationsFolder: string): Promise<Finding> {
  const damage = await findTriggerDamage(database)
  if (damage.length === 0) return ok('triggers', 'Every change of a session, user, role or key is announced')
  const names = damage.map((line) => line.split(' ').slice(0, 2).join('.'))
  const fix = `Run this in psql "$DATABASE_URL":\n${repairOf(damage, readMigrations(migrationsFolder))}`
  return failed(
    'triggers',
    `Missing, switched off or changed: ${names.join(', ')}. Until they are mended, every check reads the database`,
    fix,
  )
}

function readMigrations(folder: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return files
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n--> statement-breakpoint\n')
}

function nameOf(change: Change): string {
  return change.kind === 'table' ? change.table : change.kind
}

/** Messages that came, and who waits for one. */
function createMailbox() {
  const came = new Set<string>()
  const waiting = new Map<string, () => void>()
  return {
    put(name: string) {
      came.add(name)
      waiting.get(name)?.()
    },
    within(name: string, msMax: number): Promise<boolean> {
      if (came.has(name)) return Promise.resolve(true)
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), msMax)
        waiting.set(name, () => {
          clearTimeout(timer)
          resolve(true)
        })
      })
    },
  }
}
