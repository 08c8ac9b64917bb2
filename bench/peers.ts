// The servers of others that ours is measured against, in the same run: what they are is in bench/peers/.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from '#server/free-port.ts'
import { withDatabase } from '#test/support/database.ts'
import { betterAuthPeer } from './peers/better-auth.ts'
import { fastapiPeer } from './peers/fastapi.ts'
import type { Peer } from './peers/peer.ts'
import { start } from './targets.ts'

const betterAuth = 'bench/peers/better-auth'
const fastapi = 'bench/peers/fastapi'
const environment = join(fastapi, '.venv')
const isWindows = process.platform === 'win32'
const python = join(environment, isWindows ? 'Scripts/python.exe' : 'bin/python')

const kinds = {
  'better-auth': { needs: 'better-auth', COOKIE_CACHE: 'off', EXTEND: 'off' },
  'better-auth, cookie cache': { needs: 'better-auth', COOKIE_CACHE: 'on', EXTEND: 'off' },
  'better-auth, extending': { needs: 'better-auth', COOKIE_CACHE: 'off', EXTEND: 'on' },
  FastAPI: { needs: 'fastapi' },
} as const

export type PeerKind = keyof typeof kinds

/**
 * Installs the packages of the peers where they are missing or not those of the lists, with npm and pip.
 *
 * @returns who can be started; for anyone else a sentence on standard error says why
 */
export function installPeers(): PeerKind[] {
  const isReady = { 'better-auth': installBetterAuth(), fastapi: installFastapi() }
  return (Object.keys(kinds) as PeerKind[]).filter((kind) => isReady[kinds[kind].needs])
}

/**
 * Starts a peer on the server's core, with a new database of its own.
 *
 * @param databaseUrl  any database of the server that gets the new one
 */
export async function startPeer(kind: PeerKind, databaseUrl: string): Promise<Peer> {
  const port = await freePort()
  const { needs, ...settings } = kinds[kind]
  const variables = { DATABASE_URL: await createDatabase(databaseUrl, kind), ...settings }
  if (needs === 'better-auth') {
    const command = [process.execPath, join(betterAuth, 'server.mjs')]
    const target = await start({ name: kind, command, port, variables, readyPath: '/api/auth/ok' })
    return betterAuthPeer(target, { isCached: kind === 'better-auth, cookie cache' })
  }
  // uvloop and httptools are taken because they are there.
  const uvicorn = [
    '-m',
    'uvicorn',
    'main:app',
    '--app-dir',
    fastapi,
    '--port',
    String(port),
    '--workers',
    '1',
  ]
  const command = [python, ...uvicorn, '--no-access-log', '--log-level', 'warning']
  return fastapiPeer(await start({ name: kind, command, port, variables, readyPath: '/' }))
}

function installBetterAuth(): boolean {
  return installed({
    name: 'better-auth',
    list: join(betterAuth, 'package-lock.json'),
    mark: join(betterAuth, 'node_modules/.installed'),
    install: () => run('npm', ['ci', '--no-audit', '--no-fund'], betterAuth),
  })
}

function installFastapi(): boolean {
  return installed({
    name: 'FastAPI',
    list: join(fastapi, 'requirements.txt'),
    mark: join(environment, '.installed'),
    install: () => {
      rmSync(environment, { recursive: true, force: true })
      const requirements = ['--disable-pip-version-check', '-r', join(fastapi, 'requirements.txt')]
      return (
        run(isWindows ? 'python' : 'python3', ['-m', 'venv', environment]) &&
        run(python, ['-m', 'pip', 'install', '--quiet', ...requirements])
      )
    },
  })
}

interface Installation {
  name: string
  /** File with the versions. */
  list: string
  /** File beside the packages, with a copy of the list that they were installed from. */
  mark: string
  install(): boolean
}

function installed({ name, list, mark, install }: Installation): boolean {
  const wanted = readFileSync(list, 'utf8')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return true
  process.stderr.write(`Installing ${name} to measure against …\n`)
  if (!install()) {
    process.stderr.write(`${name} is left out: it could not be installed, for the reason above.\n`)
    return false
  }
  writeFileSync(mark, wanted)
  return true
}

/** npm is a script on Windows and needs a shell there. */
function run(command: string, options: readonly string[], cwd = '.'): boolean {
  const shell = isWindows && command === 'npm'
  const { status, error } = spawnSync(command, options, {
    cwd,
    shell,
    stdio: ['ignore', process.stderr, 'inherit'],
  })
  if (error) process.stderr.write(`${command} could not be run: ${error.message}\n`)
  return status === 0
}

async function createDatabase(databaseUrl: string, kind: PeerKind): Promise<string> {
  const name = `peer_${kind.toLowerCase().replaceAll(/\W+/g, '_')}`
  const client = new pg.Client({ connectionString: withDatabase(databaseUrl, 'postgres') })
  await client.connect()
  try {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${name}`)
  } finally {
    await client.end()
  }
  return withDatabase(databaseUrl, name)
}
