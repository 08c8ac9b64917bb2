import { freePort } from '#server/free-port.ts'
import { newAccount } from '#test/support/api-client.ts'
import { runCommandProcess } from '#test/support/command-process.ts'
import { sql, withDatabase } from '#test/support/database.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startProcess,
  strictVariables,
  until,
  untilReady,
} from '#test/support/process-server.ts'
import { occupation, type Stage, type Theatre } from '#test/support/stage.ts'
import { clientOf } from './api.ts'
import { readEnvironment } from './environment.ts'
import { wayOf } from './ways.ts'

export interface OuterTheatre extends Theatre {
  close(): Promise<void>
}

interface House {
  server: ProcessServer
  clone: string
  variables: Record<string, string>
}

/**
 * Servers of their own in one way of serving, for scenes that would disturb others: limits are used up, the first
 * administrator is set up, an account is disabled. Started when a scene asks for one, and then shared.
 */
export function openTheatre(way: string): OuterTheatre {
  const houses = new Map<string, Promise<House>>()
  const closings: (() => void)[] = []
  const house = (name: string, build: () => Promise<House>) => {
    const known = houses.get(name) ?? build()
    houses.set(name, known)
    return known
  }
  const ready = async (name: string, variables: Record<string, string> = {}) =>
    stageIn(await house(name, () => buildHouse(way, `proof_${way}_${houses.size}`, variables)), way)
  return {
    open: (variables = {}) => ready(JSON.stringify(variables), variables),
    openEmpty: (variables) => ready('empty', variables),
    openStarting: async () => stageIn(await house('starting', () => buildStarting(way)), way),
    atEnd: (close) => void closings.push(close),
    async close() {
      for (const close of closings) close()
      for (const { server, clone } of await Promise.all(houses.values())) {
        await server.stop('SIGKILL')
        removeClone(clone)
      }
    },
  }
}

async function build(way: string, databaseUrl: string, variables: Record<string, string>): Promise<House> {
  const clone = makeClone()
  const all = { ...strictVariables(databaseUrl, await freePort()), ...variables }
  return { clone, variables: all, server: startProcess({ clone, variables: all, entry: wayOf(way).entry }) }
}

async function buildHouse(way: string, database: string, variables: Record<string, string>): Promise<House> {
  const house = await build(way, withDatabase(readEnvironment().databaseUrl, database), variables)
  await untilReady(house.server)
  return house
}

/** Waits for a database that is not there. */
async function buildStarting(way: string): Promise<House> {
  const house = await build(way, `postgresql://nobody@127.0.0.1:${await freePort()}/nothing`, {})
  const { server } = house
  await until(
    () => server.output().includes('waiting for the database'),
    20_000,
    () => server.output(),
  )
  return house
}

let places = 0

/** A scene may have people and places of its own on a server that others play on as well. */
function stageIn({ server, clone, variables }: House, way: string): Stage {
  const place = () => {
    places += 1
    return `10.0.${places >> 8}.${places & 255}`
  }
  async function command(given: string[]): Promise<void> {
    const { exitCode, complaints } = await runCommandProcess(given, { clone, variables })
    if (exitCode !== 0) throw new Error(complaints)
  }
  return {
    appUrl: server.url,
    newcomer: newAccount(),
    here: place(),
    elsewhere: place(),
    client: ({ address = place() } = {}) => clientOf(server.url, way, address),
    async setupKey() {
      const [, key] = /(?:"token":"|token=)([\w-]{43})/.exec(server.output()) ?? []
      if (!key) throw new Error(`the start printed no key: ${server.output()}`)
      return key
    },
    occupy: async ({ email, username }) =>
      void (await sql(variables['DATABASE_URL'] ?? '', occupation, [email, username])),
    newestMail: (address, template) => newestMail(server, address, template),
    inboxKey: async () => inboxKeyOf(server),
    disable: (email) => command(['user', 'disable', email]),
    promote: (email) => command(['user', 'roles', email, '--add', 'ADMIN']),
    later: async () => {},
  }
}

interface CapturedMail {
  template: string
  state: string
  link: string | null
  code: string | null
}

/** Waits until the server has handed it over. */
async function newestMail(
  server: ProcessServer,
  address: string,
  template: string,
): Promise<{ token: string; code: string }> {
  const query = new URLSearchParams({ to: address, key: inboxKeyOf(server) })
  const isWanted = (mail: CapturedMail) => mail.template === template && mail.state === 'sent'
  let found: CapturedMail | undefined
  await until(
    async () => {
      const answer = await fetch(`${server.url}/api/dev/mail?${query}`)
      const { messages } = (await answer.json()) as { messages: CapturedMail[] }
      found = messages.find(isWanted)
      return found !== undefined
    },
    20_000,
    () => `no ${template} came for ${address}`,
  )
  const token = found?.link ? new URL(found.link).searchParams.get('token') : ''
  return { token: token ?? '', code: found?.code ?? '' }
}

function inboxKeyOf(server: ProcessServer): string {
  const [, key] = /\/dev\/mail\?key=([\w-]{43})/.exec(server.output()) ?? []
  if (!key) throw new Error(`the start printed no key of the inbox: ${server.output()}`)
  return key
}
