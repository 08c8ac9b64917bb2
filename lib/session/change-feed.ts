import type { Change } from '#db/change-listener.ts'
import type { Database } from '#db/connection.ts'
import { findTriggerDamage } from '#db/queries/announcing-triggers.ts'
import { type DatabaseIdentity, identifyDatabase, readQueueUsage } from '#db/queries/change-feed.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { Log } from '#lib/runtime/log.ts'
import { createFeedConnection } from './feed-connection.ts'
import { createPulse, type Pulse } from './pulse.ts'

/** Hears what anybody changes. Memory may answer only while it is proven that nothing was missed. */
export interface ChangeFeed {
  subscribe(subscriber: FeedSubscriber): void
  /**
   * True while a beat that was sent at most 2 s ago has come back, and every trigger was there at the last inspection.
   * Where only the beat is missing, one is sent.
   */
  isProven(): boolean
  /** Database time, never behind; null while unknown. */
  databaseNow(): Date | null
  /** To be called in intervals: are the triggers as the migration made them? Until they are, nothing is proven. */
  inspect(): Promise<void>
  /** Milliseconds for which nothing is proven. */
  lagMs(): number
  /** How full the notification queue of the server was at the last inspection, 0 to 1. */
  queueUsage(): number
  /** Resolves after the first try to connect; further tries follow by themselves. */
  start(): Promise<void>
  close(): void
}

/** Told in the order of the commits, and never later than {@link ChangeFeed.isProven} says that all is heard. */
export interface FeedSubscriber {
  changed(change: Change): void
  /** Changes may have been missed: a connection was lost, or a new one begins. */
  reset(): void
}

export interface FeedParts {
  /** Of the database, for a connection of its own: notifications do not pass a pooler in transaction mode. */
  url: string
  database: Database
  clock: Clock
  log: Log
  /** Names this process among those that send beats. */
  processId: string
  /** False only in a control run that shows what beats are for: then an open connection counts as proof. */
  needsBeats: boolean
}

const beatIntervalMs = 500
/** Requests that find nothing proven ask for a beat, so often at most: each one holds up other commits for a moment. */
const askAgainMs = 100
/** A connection on which nothing comes back is given up after this. */
const silenceMsMax = 3000

/** Makes a feed that is not connected yet. Its failures are logged and tried again; none is thrown. */
export function createChangeFeed(parts: FeedParts): ChangeFeed {
  const { url, database, clock, log, needsBeats } = parts
  const beatChannel = `session_beat_${parts.processId}`
  const pulse = createPulse(database, beatChannel, clock)
  const subscribers: FeedSubscriber[] = []
  const inspection = createInspection(database, log, restart)
  const proves = createProof({ pulse, clock, needsBeats })
  let timer: NodeJS.Timeout | undefined

  // What was loaded before the connection listened, or as it was lost, may be out of date.
  function restart(): void {
    pulse.restart()
    for (const subscriber of subscribers) subscriber.reset()
  }

  const connection = createFeedConnection({
    url,
    beatChannel,
    log,
    onChange(change) {
      for (const subscriber of subscribers) subscriber.changed(change)
    },
    onBeat: pulse.heard,
    async verify(listensTo) {
      requireSame(listensTo, await identifyDatabase(database))
      await inspection.run()
    },
    onOpen() {
      restart()
      void pulse.beat()
    },
    onLost: restart,
  })
  database.onRetired(connection.giveUp)

  async function beatAndListen(): Promise<void> {
    if (!connection.isOpen()) return
    await pulse.beat()
    if (needsBeats && pulse.silentMs() > silenceMsMax) connection.giveUp()
  }

  return {
    subscribe: (subscriber) => void subscribers.push(subscriber),
    isProven: () => connection.isOpen() && inspection.isIntact() && proves(),
    databaseNow: pulse.databaseNow,
    inspect: inspection.run,
    lagMs: pulse.silentMs,
    queueUsage: inspection.queueUsage,
    start() {
      timer = setInterval(beatAndListen, beatIntervalMs)
      timer.unref()
      return connection.start()
    },
    close() {
      clearInterval(timer)
      connection.close()
    },
  }
}

/** True while a beat proves that all is heard. Else one is sent: after a stall the timer's next may be half a second away. */
function createProof({
  pulse,
  clock,
  needsBeats,
}: Pick<FeedParts, 'clock' | 'needsBeats'> & { pulse: Pulse }) {
  let askedMs = Number.NEGATIVE_INFINITY
  return (): boolean => {
    if (!needsBeats || pulse.isFresh()) return true
    const nowMs = clock.monotonicMs()
    if (nowMs - askedMs >= askAgainMs) {
      askedMs = nowMs
      void pulse.beat()
    }
    return false
  }
}

/**
 * Looks at what the feed hangs on in the database.
 *
 * @param onTurn  called as damage is found, and as it is mended: what was remembered until then may have missed a change
 */
function createInspection(database: Database, log: Log, onTurn: () => void) {
  let isIntact = false
  let queueUsage = 0
  return {
    isIntact: () => isIntact,
    queueUsage: () => queueUsage,
    async run() {
      const damage = await findTriggerDamage(database)
      const wasIntact = isIntact
      isIntact = damage.length === 0
      if (isIntact !== wasIntact) onTurn()
      if (!isIntact)
        log.error({ event: 'change_feed_damaged', damage }, 'triggers are missing: sessions are read anew')
      queueUsage = await readQueueUsage(database)
    },
  }
}

function requireSame(listens: DatabaseIdentity, writes: DatabaseIdentity): void {
  const isSame = listens.systemIdentifier === writes.systemIdentifier && listens.database === writes.database
  if (isSame && !listens.isReadOnly && !writes.isReadOnly) return
  throw new Error(
    'the change feed would not hear what is written: another server, another database, one that takes no writes',
  )
}
