import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { exitOf, until } from '#test/support/process-server.ts'
import { changeSource, copySources } from '#test/support/source-copy.ts'
import { findBrowser } from '../../bin/find-browser.mjs'

/** `npm run dev` in a process group of its own, as a terminal would start it: a trial with its own database. */
async function startDevelopment(copy: string) {
  const port = await freePort()
  const { PATH = '', HOME = '' } = process.env
  const child = spawn('npm', ['run', 'dev'], {
    cwd: copy,
    env: { PATH, HOME, PORT: String(port) } as unknown as NodeJS.ProcessEnv,
    detached: true,
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)))
  onTestFinished(() => {
    signalGroup(child, 'SIGKILL')
    killDatabase(copy)
  })
  const isReady = () =>
    fetch(`http://localhost:${port}/api/health/ready`).then(
      ({ status }) => status === 200,
      () => false,
    )
  const untilReady = () => until(isReady, 60_000, () => `not ready: ${output.join('')}`)
  await untilReady()
  return { child, port, untilReady, output: () => output.join('') }
}

/** A terminal tells every process of the group. */
function signalGroup({ pid = 0 }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A server that was killed leaves its database running. */
function killDatabase(copy: string): void {
  const lock = join(copy, '.data', 'postgres', 'postmaster.pid')
  if (existsSync(lock)) process.kill(Number(readFileSync(lock, 'utf8').split('\n', 1)[0]), 'SIGQUIT')
}

/** What an open page keeps for hot reload. */
function openHotReload(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        [
          'GET /_next/hmr?id=1 HTTP/1.1',
          `Host: localhost:${port}`,
          `Origin: http://localhost:${port}`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyBvZg==',
          '\r\n',
        ].join('\r\n'),
      ),
    )
    onTestFinished(() => void socket.destroy())
    socket.on('error', reject)
    socket.once('data', (answer) =>
      String(answer).startsWith('HTTP/1.1 101') ? resolve() : reject(new Error(String(answer))),
    )
  })
}

const left = (copy: string) =>
  ['server.pid', join('postgres', 'postmaster.pid')].filter((name) => existsSync(join(copy, '.data', name)))

for (const [what, signal] of [
  ['Ctrl-C', 'SIGINT'],
  ['a SIGTERM to the process group', 'SIGTERM'],
] as const) {
  test(`${what} ends npm run dev with its database, while a page is open`, async () => {
    const copy = copySources()
    const server = await startDevelopment(copy)
    expect((await fetch(`http://localhost:${server.port}/login`)).status, server.output()).toBe(200)
    await openHotReload(server.port)
    expect(left(copy)).toHaveLength(2)

    const startedMs = performance.now()
    signalGroup(server.child, signal)
    await exitOf(server.child)
    await until(
      () => left(copy).length === 0,
      15_000,
      () => `left: ${left(copy)}\n${server.output()}`,
    )

    expect(performance.now() - startedMs).toBeLessThan(10_000)
    expect(server.output()).toContain('"event":"stopped"')
  })
}

test('a change while npm run dev is starting, and one more, leave one server with its database', async () => {
  const copy = copySources()
  const server = await startDevelopment(copy)

  changeSource(copy, 'lib/problems.ts', 'There is nothing here.', 'Nothing at all.')
  await until(
    () => server.output().includes('Starting anew'),
    10_000,
    () => server.output(),
  )
  changeSource(copy, 'lib/problems.ts', 'Nothing at all.', 'Nothing whatever.')
  await until(
    async () =>
      (
        await fetch(`http://localhost:${server.port}/api/x`).then(
          (a) => a.text(),
          () => '',
        )
      ).includes('Nothing whatever.'),
    40_000,
    () => server.output(),
  )
  signalGroup(server.child, 'SIGINT')
  await until(
    () => left(copy).length === 0,
    15_000,
    () => `left: ${left(copy)}\n${server.output()}`,
  )

  expect(server.output()).not.toContain('already running')
})

/** A page in a browser, and how often it was loaded. */
async function openPage(url: string): Promise<{ page: Page; loads(): number }> {
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  let loads = 0
  page.on('domcontentloaded', () => {
    loads += 1
  })
  await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 60_000 })
  return { page, loads: () => loads }
}

test('a changed server component shows in an open page, without loading it again', async () => {
  const copy = copySources()
  const server = await startDevelopment(copy)
  const { page, loads } = await openPage(`http://localhost:${server.port}/login`)
  const heading = page.getByRole('heading', { level: 1 })
  await page.getByLabel('Email or user name').fill('half typed')
  await page.waitForFunction(() => document.querySelector('button[aria-pressed]') !== null)

  changeSource(copy, 'app/login/page.tsx', 'title="Sign in"', 'title="Changed in place"')
  await until(
    async () => (await heading.textContent()) === 'Changed in place',
    30_000,
    () => `not changed: ${server.output()}`,
  )

  expect(loads()).toBe(1)
  expect(await page.getByLabel('Email or user name').inputValue()).toBe('half typed')
})
