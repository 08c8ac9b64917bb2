import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { serverOptions, serverVariables } from '../../bin/root.mjs'
import { type ApiClient, createApiClient, type Transport } from './api-client.ts'
import { checkAnswer, type Expectations } from './check-answer.ts'
import { metricsHeaders, metricsToken } from './metrics-token.ts'

/** A server process of its own, from the shipped build. */
export interface ProcessServer {
  url: string
  process: ChildProcess
  /** Everything it printed so far, both streams. */
  output(): string
  client(options?: { address?: string | null }): ApiClient
  /** Ends it and tells how it left. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; ms: number }>
}

export interface ProcessOptions {
  variables: Record<string, string>
  /** A folder made by {@link makeClone}. */
  clone: string
  /** What Node runs; default: the headless server. */
  entry?: readonly string[]
}

const linked = ['.next', 'db', 'dist', 'docs', 'lib', 'next.config.ts', 'node_modules', 'package.json']

/** A folder that looks like a clone to a server started in it, with an `.env` and a `.data/` of its own. */
export function makeClone(): string {
  const clone = mkdtempSync(join(tmpdir(), 'session-management-clone-'))
  chmodSync(clone, 0o755)
  for (const name of linked) symlinkSync(join(process.cwd(), name), join(clone, name))
  return clone
}

export function removeClone(clone: string): void {
  rmSync(clone, { recursive: true, force: true })
}

/** What a server in strict mode on loopback needs. */
export function strictVariables(databaseUrl: string, port: number): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    APP_URL: `http://localhost:${port}`,
    PORT: String(port),
    AUTH_SECRET: 'a root secret of the system tests that is long',
    MAIL: 'off',
    // Each test client is an address of its own.
    TRUST_PROXY: '1',
    METRICS_TOKEN: metricsToken,
    SHUTDOWN_DELAY_SECONDS: '1',
  }
}

/** Starts a process without waiting for it. */
export function startProcess({
  variables,
  clone,
  entry = ['dist/headless.mjs'],
}: ProcessOptions): ProcessServer {
  const { PATH = '', HOME = '', LANG = 'C.UTF-8' } = process.env
  const child = spawn(process.execPath, [...serverOptions, ...entry], {
    cwd: clone,
    env: { PATH, HOME, LANG, NODE_ENV: 'production', ...serverVariables(), ...variables },
  })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(String(chunk)))
  const url = `http://localhost:${variables['PORT'] ?? 8000}`
  const appUrl = variables['APP_URL'] ?? `http://localhost:${variables['PORT'] ?? 8000}`
  const expectations = { loginFailureStatus: Number(variables['LOGIN_FAILURE_STATUS'] ?? 401) }
  return {
    url,
    process: child,
    output: () => chunks.join(''),
    client: ({ address = uniqueAddress() } = {}) =>
      createApiClient(appUrl, httpTransport(url, address, expectations)),
    stop: (signal = 'SIGTERM') => stop(child, signal),
  }
}

/** Starts a process and waits until it is ready. */
export async function startServer(options: ProcessOptions): Promise<ProcessServer> {
  const server = startProcess(options)
  await untilReady(server)
  return server
}

export async function untilReady(server: ProcessServer, msMax = 20_000): Promise<void> {
  await until(
    () => isReady(server),
    msMax,
    () => `not ready: ${server.output()}`,
  )
}

export async function isReady({ url, process: child, output }: ProcessServer): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`the server left with ${child.exitCode}: ${output()}`)
  try {
    return (await fetch(`${url}/api/health/ready`)).status === 200
  } catch {
    return false
  }
}

/** The value of a metric without labels. */
export async function metricOf({ url }: ProcessServer, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: metricsHeaders })).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

/** Polls until something holds. */
export async function until(holds: () => Promise<boolean> | boolean, msMax: number, explain: () => string) {
  const deadlineMs = performance.now() + msMax
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(explain())
    await pause(20)
  }
}

export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
  return child.exitCode
}

async function stop(child: ChildProcess, signal: NodeJS.Signals) {
  const startedMs = performance.now()
  if (child.exitCode === null) child.kill(signal)
  const code = await exitOf(child)
  return { code, ms: performance.now() - startedMs }
}

/**
 * Sends over a real socket with whatever headers the request has, also those that fetch() forbids; the answer is held
 * against its contract.
 *
 * @param address  what the trusted proxy in front would say of the client; null: no proxy
 */
export function httpTransport(
  url: string,
  address: string | null,
  expectations: Expectations = {},
): Transport {
  return async (sent) =>
    checkAnswer(sent.method, new URL(sent.url).pathname, await send(url, address, sent), expectations)
}

/** The same for pages, which no contract describes. */
export function rawTransport(url: string, address: string | null): Transport {
  return async (sent) => {
    const response = await send(url, address, sent)
    return { status: response.status, headers: response.headers, text: await response.text(), body: {} }
  }
}

async function send(url: string, address: string | null, sent: Request): Promise<Response> {
  const { pathname, search } = new URL(sent.url)
  const body = sent.body ? Buffer.from(await sent.arrayBuffer()) : null
  const headers = { ...Object.fromEntries(sent.headers), ...(address && { 'x-forwarded-for': address }) }
  return exchange(`${url}${pathname}${search}`, sent.method, headers, body)
}

function exchange(url: string, method: string, headers: Record<string, string>, body: Buffer | null) {
  return new Promise<Response>((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const received = new Headers()
        for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
          received.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '')
        }
        const status = incoming.statusCode ?? 0
        const hasBody = status !== 204 && status !== 304
        resolve(new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers: received }))
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body ?? undefined)
  })
}

let addresses = 0

function uniqueAddress(): string {
  addresses += 1
  return `10.${process.pid & 255}.${(addresses >> 8) & 255}.${addresses & 255}`
}
