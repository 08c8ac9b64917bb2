import pg from 'pg'
import { answerTimeoutMs, connectTimeoutMs, normaliseDatabaseUrl } from './connection.ts'
import { type DatabaseIdentity, identify } from './queries/change-feed.ts'

/** What the triggers of migration 0003 announce. */
export type Change =
  | { kind: 'session'; sessionId: string }
  | { kind: 'user'; userId: number }
  | { kind: 'table'; table: string }
  | { kind: 'all' }

/** A connection that listens. */
export interface ChangeListener {
  /** Where it listens. */
  identity: DatabaseIdentity
  /** False once it was closed or lost: whatever it did not hear is lost with it. */
  isOpen(): boolean
  close(): void
}

/** Where to listen, and whom to tell. */
export interface ListenerOptions {
  url: string
  /** The channel of this process's own beats. */
  beatChannel: string
  onChange(change: Change): void
  onBeat(number: number): void
  /** Called once, whatever ends the connection, close() included. */
  onLost(): void
}

const changeChannel = 'session_changes'

/**
 * Opens a connection of its own that listens to the change feed. Changes arrive in the order of their commits.
 *
 * @throws what connecting or LISTEN throws; a standby refuses LISTEN
 */
export async function openChangeListener(options: ListenerOptions): Promise<ChangeListener> {
  const client = new pg.Client({
    connectionString: normaliseDatabaseUrl(options.url),
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    application_name: 'session-management change feed',
  })
  let isLost = false
  const lose = () => {
    if (isLost) return
    isLost = true
    options.onLost()
    // end() would wait for a server that may be gone.
    client.connection.stream.destroy()
  }
  client.on('error', lose)
  client.on('end', lose)
  client.on('notification', ({ channel, payload = '' }) => {
    if (isLost) return
    if (channel === changeChannel) options.onChange(parseChange(payload))
    else options.onBeat(Number(payload))
  })
  try {
    await client.connect()
    await client.query(`LISTEN ${changeChannel}`)
    await client.query(`LISTEN ${pg.escapeIdentifier(options.beatChannel)}`)
    const result = await client.query<DatabaseIdentity>(identify({}))
    const [identity] = result.rows
    if (!identity) throw new Error('the database did not say who it is')
    return { identity, isOpen: () => !isLost, close: lose }
  } catch (error) {
    lose()
    throw error
  }
}

/** What cannot be read means that anything may have changed. */
export function parseChange(payload: string): Change {
  const [kind, subject = ''] = payload.split(':')
  if (kind === 'session') return { kind, sessionId: subject }
  if (kind === 'user' && /^\d+$/.test(subject)) return { kind, userId: Number(subject) }
  if (kind === 'table') return { kind, table: subject }
  return { kind: 'all' }
}
