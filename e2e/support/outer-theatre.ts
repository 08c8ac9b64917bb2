import { freePort } from '#server/free-port.ts'
import { newAccount } from '#test/support/api-client.ts'
import { runCommandProcess } from '#test/support/command-process.ts'
import { withDatabase } from '#test/support/database.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startProcess,
  strictVariables,
  until,
  untilReady,
} from '#test/support/process-server.ts'
import type { Stage, Theatre } from '#test/support/stage.ts'
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
    openEmpty: () => ready('empty'),
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
    async disable(email) {
      const { exitCode, complaints } = await runCommandProcess(['user', 'disable', email], {
        clone,
        variables,
      })
      if (exitCode !== 0) throw new Error(complaints)
    },
    later: async () => {},
  }
}
