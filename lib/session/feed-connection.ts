import { type Change, type ChangeListener, openChangeListener } from '#db/change-listener.ts'
import type { DatabaseIdentity } from '#db/queries/change-feed.ts'
import type { Log } from '#lib/runtime/log.ts'

/** Keeps one connection that listens to the change feed, and makes another one whenever it is lost. */
export interface FeedConnection {
  isOpen(): boolean
  /** Resolves after the first try; further tries follow by themselves. */
  start(): Promise<void>
  /** Drops the connection for another one. */
  giveUp(): void
  close(): void
}

/** What the owner of a connection brings, and is told. */
export interface FeedConnectionParts {
  url: string
  beatChannel: string
  log: Log
  onChange(change: Change): void
  onBeat(number: number): void
  /** Throws when this is not where the changes are made. */
  verify(listensTo: DatabaseIdentity): Promise<void>
  /** It listens: nothing is missed from now on. */
  onOpen(): void
  onLost(): void
}

const firstRetryMs = 100
const retryMsMax = 2000

/** Tries again after 0.2 s, then ever later, at most 2 s. Nothing is thrown. */
export function createFeedConnection(parts: FeedConnectionParts): FeedConnection {
  const { log } = parts
  let listener: ChangeListener | null = null
  let retry: NodeJS.Timeout | undefined
  let isClosed = false

  async function open(): Promise<void> {
    const handle: { listener: ChangeListener | null } = { listener: null }
    const opened = await openChangeListener({ ...parts, onLost: () => lost(handle.listener) })
    handle.listener = opened
    try {
      await parts.verify(opened.identity)
    } catch (error) {
      opened.close()
      throw error
    }
    if (isClosed) return opened.close()
    // Nobody was told of a loss that came while it was verified: it was not the listener yet.
    if (!opened.isOpen()) throw new Error('the connection was lost before it was used')
    parts.onOpen()
    listener = opened
  }

  async function connect(attempt: number): Promise<void> {
    try {
      await open()
      log.info({ event: 'change_feed_connected', attempt }, 'sessions are answered from memory')
    } catch (error) {
      if (isClosed) return
      if (attempt === 1)
        log.warn({ event: 'change_feed_unavailable', error }, 'sessions are read from the database')
      retry = setTimeout(() => connect(attempt + 1), Math.min(retryMsMax, firstRetryMs * 2 ** attempt))
      retry.unref()
    }
  }

  function lost(which: ChangeListener | null): void {
    if (!listener || listener !== which) return
    listener = null
    parts.onLost()
    if (isClosed) return
    log.warn({ event: 'change_feed_lost' }, 'the connection of the change feed was lost')
    void connect(1)
  }

  return {
    isOpen: () => listener !== null,
    start: () => connect(1),
    giveUp: () => listener?.close(),
    close() {
      isClosed = true
      clearTimeout(retry)
      listener?.close()
    },
  }
}
