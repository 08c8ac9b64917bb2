import pg from 'pg'
import { isConnectionLost, isServerLeaving } from './errors.ts'
import { type Silence, watchForSilence } from './silence.ts'
import type { Query } from './statement.ts'

/** Anything that can run a statement: the pool (each call on its own) or one transaction. */
export interface Connection {
  run<Row extends object>(query: Query<Row>): Promise<Row[]>
}

export interface Database extends Connection {
  /** Runs `work` between BEGIN and COMMIT; an error rolls back. Return outcomes, throw after the commit. */
  transaction<Result>(work: (transaction: Connection) => Promise<Result>): Promise<Result>
  /** Connections in use, idle, and callers waiting for one. */
  usage(): { total: number; idle: number; waiting: number }
  /** Told when no connection that is open now will be used again: the server is going down, or takes no writes. */
  onRetired(tell: () => void): void
  close(): Promise<void>
}

export interface DatabaseOptions {
  url: string
  poolSize: number
  /** Called for errors of connections that nobody is using; the pool replaces them by itself. */
  onIdleError: (error: Error) => void
}

/** For a server that takes no connection, or takes it and says nothing. */
export const connectTimeoutMs = 1000
const statementTimeoutMs = 2000
/** The client's own limit, for a server that no longer answers at all. */
export const answerTimeoutMs = 2500

export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: normaliseDatabaseUrl(options.url),
    max: options.poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: answerTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'session-management',
    types: { getTypeParser: typeParser },
    onConnect: waitForDisk as (client: pg.ClientBase) => void,
  })
  pool.on('error', options.onIdleError)
  // A connection that is lost while it is in use raises this as well as the error of its query; unheard, it would end
  // the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  const using = { pool, silence: watchForSilence(), generations: createGenerations(pool) }
  return {
    run: (query) => withClient(using, (client) => runOn(client, query)),
    transaction: (work) => withClient(using, (client) => inTransaction(client, work)),
    onRetired: using.generations.onRetired,
    usage: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  }
}

/** Accepts the URL forms of SQLAlchemy (`postgresql+psycopg2://`, `postgresql+asyncpg://`), as the old backend had them. */
export function normaliseDatabaseUrl(url: string): string {
  return url.replace(/^postgres(?:ql)?(?:\+[a-z0-9_]+)?:\/\//i, 'postgresql://')
}

/** A sign-out that was answered must survive a crash of the server, whatever its settings say. Stricter ones stay. */
async function waitForDisk(client: pg.ClientBase): Promise<void> {
  await client.query(`SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'`)
}

/** Tells connections to a server that is leaving from those that were made since. */
interface Generations {
  isCurrent(client: pg.PoolClient): boolean
  /** The connections of now are not used again. */
  retire(): void
  onRetired(tell: () => void): void
}

function createGenerations(pool: pg.Pool): Generations {
  let current = new WeakSet<pg.PoolClient>()
  const told: (() => void)[] = []
  pool.on('connect', (client) => void current.add(client))
  return {
    isCurrent: (client) => current.has(client),
    retire() {
      current = new WeakSet()
      for (const tell of told) tell()
    },
    onRetired: (tell) => void told.push(tell),
  }
}

interface PoolInUse {
  pool: pg.Pool
  silence: Silence
  generations: Generations
}

/** A connection of today. Others that come to hand are closed, of which there are as many as the pool is large. */
async function connect({ pool, generations }: PoolInUse): Promise<pg.PoolClient> {
  for (;;) {
    const client = await pool.connect()
    if (generations.isCurrent(client)) return client
    client.release(true)
  }
}

async function withClient<Result>(using: PoolInUse, work: (client: pg.PoolClient) => Promise<Result>) {
  const { silence, generations } = using
  silence.refuse()
  const client = await connect(using)
  let lost = false
  try {
    return await work(client)
  } catch (error) {
    // pool.query() drops the connection at any error; a refused insert must not cost a reconnect.
    lost = isConnectionLost(error)
    if (isServerLeaving(error)) generations.retire()
    silence.note(error)
    throw error
  } finally {
    client.release(lost)
  }
}

async function inTransaction<Result>(
  client: pg.PoolClient,
  work: (transaction: Connection) => Promise<Result>,
) {
  await client.query('BEGIN')
  try {
    const result = await work({ run: (query) => runOn(client, query) })
    const { command } = await client.query('COMMIT')
    // PostgreSQL answers so when an error inside was swallowed: nothing of the work is there.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back')
    return result
  } catch (error) {
    if (!isConnectionLost(error)) await client.query('ROLLBACK')
    throw error
  }
}

async function runOn<Row extends object>(client: pg.ClientBase, query: Query<Row>): Promise<Row[]> {
  const result = await client.query<Row>(query)
  return result.rows
}

const int8 = 20

/** User ids are JSON numbers on the wire: an id that a number cannot hold is a fault, never a rounded id. */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} exceeds 2^53-1`)
  return value
}

const typeParser = ((oid: number, format?: 'text' | 'binary') =>
  oid === int8 ? parseInt8 : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser
