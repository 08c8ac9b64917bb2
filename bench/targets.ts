import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '#server/free-port.ts'
import { serverOptions, serverVariables } from '../bin/root.mjs'
import { statusOf } from './ask.ts'
import { canPin, serverCore } from './pinned.ts'

/** A server under test, a process of its own on the server's core. */
export interface Target {
  name: string
  url: string
  pid: number
  stop(): Promise<void>
}

/** What Node runs for each of our ways to serve. */
export const ways = {
  headless: ['dist/headless.mjs'],
  'npm start': ['dist/pages.mjs'],
  'plain Next': ['node_modules/next/dist/bin/next', 'start'],
}

export interface WayOptions {
  /** Settings beside those of every target. */
  variables?: Record<string, string>
  /** False: it may use every core. */
  isPinned?: boolean
}

/** Starts one of our servers in strict mode, as shipped: logs and metrics on. */
export async function startWay(
  name: keyof typeof ways,
  databaseUrl: string,
  { variables: more = {}, isPinned = true }: WayOptions = {},
): Promise<Target> {
  const port = await freePort()
  const variables = {
    DATABASE_URL: databaseUrl,
    APP_URL: `http://localhost:${port}`,
    ALLOWED_HOSTS: `localhost:${port}`,
    AUTH_SECRET: 'a root secret of the benchmark that is long',
    MAIL: 'off',
    SHUTDOWN_DELAY_SECONDS: '0',
    ...serverVariables(),
    ...more,
  }
  return start({
    name,
    command: [process.execPath, ...serverOptions, ...ways[name]],
    port,
    variables,
    isPinned,
    readyPath: '/api/health/ready',
  })
}

/** Starts one of our servers in trial mode, with the embedded database of a folder (`makeClone()`). */
export async function startTrial(name: keyof typeof ways, folder: string): Promise<Target> {
  const command = [process.execPath, ...serverOptions, ...ways[name]]
  const own = { port: await freePort(), variables: serverVariables(), readyPath: '/api/health/ready' }
  return start({ name, command, ...own, folder, isPinned: false })
}

/** Starts a bare program of `bench/limits/`. */
export async function startBare(
  name: string,
  program: string,
  variables: Record<string, string> = {},
): Promise<Target> {
  const command = [process.execPath, '--import', 'tsx', `bench/limits/${program}.ts`]
  return start({ name, command, port: await freePort(), variables, readyPath: '/' })
}

export interface Program {
  name: string
  /** What runs, and its arguments. */
  command: readonly string[]
  /** Where it listens; it finds the number in PORT as well. */
  port: number
  variables: Record<string, string>
  /** What answers with less than 500 once it serves. */
  readyPath: string
  /** False: it may use every core. */
  isPinned?: boolean
  /** Where it is started; the root of the project unless said otherwise. */
  folder?: string
}

/**
 * Starts a program on the server's core and waits until it answers.
 *
 * @throws Error when it leaves, or has not answered after 30 s
 */
export async function start(program: Program): Promise<Target> {
  const { name, command, port, variables, readyPath, isPinned = true, folder = '.' } = program
  const pinned = canPin && isPinned ? ['taskset', '-c', String(serverCore), ...command] : command
  const [file = '', ...options] = pinned
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(file, options, {
    cwd: folder,
    env: { PATH, HOME, NODE_ENV: 'production', PORT: String(port), ...variables },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // The name decides which host rules apply; 127.0.0.1 is loopback everywhere.
  const url = `http://localhost:${port}`
  await untilAnswering(`${url}${readyPath}`, child)
  return { name, url, pid: child.pid ?? 0, stop: () => stop(child) }
}

async function untilAnswering(url: string, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + 30_000
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`the server left with ${child.exitCode}`)
    const status = await statusOf(url)
    if (status > 0 && status < 500) return
    await pause(50)
  }
  throw new Error(`${url} did not answer within 30 s`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}
