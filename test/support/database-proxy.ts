import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Stands between a server and its database, and does what networks do. */
export interface DatabaseProxy {
  /** The database by way of the proxy. */
  url: string
  /** Closes connections; new ones are let through. */
  cut(which: ConnectionKind): void
  /** From now on nothing passes in either direction, and nobody is told. */
  hold(which: ConnectionKind): void
  /** Answers of the pool's statements arrive later by so much. */
  delayAnswers(ms: number): void
  /** Everything passes again; what was held is closed. */
  release(): void
  close(): void
}

export type ConnectionKind = 'listener' | 'all'

interface Pair {
  client: Socket
  server: Socket
  isListener: boolean
  isHeld: boolean
}

const listens = Buffer.from('LISTEN session_changes')

/** @param databaseUrl  on a Unix socket (the folder as host, percent-encoded) or over TCP */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = targetOf(databaseUrl)
  const pairs = new Set<Pair>()
  let holding: ConnectionKind | null = null
  let delayMs = 0

  const isMeant = (pair: Pair, which: ConnectionKind | null) =>
    which === 'all' || (which === 'listener' && pair.isListener)

  const listening = createServer((client) => {
    const pair: Pair = { client, server: connect(target), isListener: false, isHeld: holding === 'all' }
    pairs.add(pair)
    client.on('data', (bytes) => {
      if (bytes.includes(listens)) pair.isListener = true
      pair.isHeld ||= isMeant(pair, holding)
      if (!pair.isHeld) pair.server.write(bytes)
    })
    pair.server.on('data', async (bytes) => {
      if (delayMs > 0 && !pair.isListener) await pause(delayMs)
      if (!pair.isHeld) client.write(bytes)
    })
    const end = () => {
      pairs.delete(pair)
      client.destroy()
      pair.server.destroy()
    }
    for (const socket of [client, pair.server]) socket.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as { port: number }
  const closePairs = (isFit: (pair: Pair) => boolean) => {
    for (const pair of [...pairs]) if (isFit(pair)) pair.client.destroy()
  }

  return {
    url: throughTcp(databaseUrl, port),
    cut: (which) => closePairs((pair) => isMeant(pair, which)),
    hold(which) {
      holding = which
      for (const pair of pairs) pair.isHeld ||= isMeant(pair, which)
    },
    delayAnswers(ms) {
      delayMs = ms
    },
    release() {
      holding = null
      delayMs = 0
      closePairs(({ isHeld }) => isHeld)
    },
    close() {
      listening.close()
      closePairs(() => true)
    },
  }
}

function targetOf(databaseUrl: string) {
  const url = new URL(databaseUrl)
  const host = decodeURIComponent(url.hostname)
  const port = Number(url.port || 5432)
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
}

function throughTcp(databaseUrl: string, port: number): string {
  return databaseUrl.replace(/@[^/]*\//, `@127.0.0.1:${port}/`)
}
