import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { createApiClient, signIn } from '#test/support/api-client.ts'
import { exitOf, httpTransport, until } from '#test/support/process-server.ts'

const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

interface Person {
  uid: number
  gid: number
}

const isRoot = process.getuid?.() === 0
/** Of Debian and most others; it owns nothing. */
const ordinary: Person = { uid: 65_534, gid: 65_534 }

interface Way {
  name: string
  person: Person | null
  folderMode: number
  ignoreScripts: boolean
  command?: 'start'
}

const ways: Way[] = [
  { name: 'as whoever runs the tests', person: null, folderMode: 0o755, ignoreScripts: false },
  ...(isRoot
    ? [
        {
          name: 'as root below a folder that only root may enter',
          person: null,
          folderMode: 0o700,
          ignoreScripts: false,
        },
        { name: 'as an ordinary user', person: ordinary, folderMode: 0o755, ignoreScripts: false },
      ]
    : []),
  {
    name: 'with pages, built without development packages',
    person: null,
    folderMode: 0o755,
    ignoreScripts: false,
    command: 'start',
  },
  { name: 'after npm ci --ignore-scripts', person: null, folderMode: 0o755, ignoreScripts: true },
]

/** A clone of the last commit in an empty folder, with a home of its own. */
function cloneFor(person: Person | null, folderMode: number): { clone: string; home: string } {
  const folder = mkdtempSync(join(tmpdir(), 'session-management-fresh-'))
  made.push(folder)
  const clone = join(folder, 'clone')
  const home = join(folder, 'home')
  mkdirSync(home)
  execFileSync('git', ['clone', '--quiet', process.cwd(), clone])
  if (person) {
    execFileSync('chown', ['-R', `${person.uid}:${person.gid}`, folder])
    chownSync(folder, person.uid, person.gid)
  }
  chmodSync(folder, folderMode)
  return { clone, home }
}

/** A terminal tells the whole process group. */
function pressCtrlC({ pid = 0 }: ChildProcess): void {
  process.kill(-pid, 'SIGINT')
}

for (const { name, person, folderMode, ignoreScripts, command = 'headless' } of ways) {
  test(`a fresh clone answers the whole flow with one command, ${name}, stops with Ctrl-C or with npm, and starts again within 3 s`, async () => {
    const { clone, home } = cloneFor(person, folderMode)
    const port = await freePort()
    const { PATH = '' } = process.env
    const options = {
      ...person,
      cwd: clone,
      // With CI set Next installs nothing by itself.
      env: { PATH, HOME: home, PORT: String(port), CI: '1' } as unknown as NodeJS.ProcessEnv,
    }
    if (ignoreScripts)
      execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
        ...options,
        stdio: 'ignore',
      })
    const output: string[] = []
    const start = () => {
      // A process group of its own, as a terminal would give it.
      const child = spawn('npm', ['run', command], { ...options, detached: true })
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => output.push(String(chunk)))
      return child
    }
    const url = `http://localhost:${port}`
    const isReady = () =>
      fetch(`${url}/api/health/ready`).then(
        ({ status }) => status === 200,
        () => false,
      )
    const isGone = () =>
      until(
        async () => !(await isReady()),
        15_000,
        () => 'still there',
      )
    const client = createApiClient(url, httpTransport(url, null))

    const first = start()
    await until(isReady, 240_000, () => `not ready: ${output.join('')}`)
    const account = await signIn(client)
    const statuses = [
      (await client.me()).status,
      (await client.refresh()).status,
      (await client.logout()).status,
    ]
    pressCtrlC(first)
    await exitOf(first)
    await isGone()
    const startedMs = performance.now()
    const second = start()
    await until(isReady, 20_000, () => `not ready again: ${output.join('')}`)
    const readyMs = performance.now() - startedMs
    const again = await client.login(account)
    second.kill('SIGTERM')
    await exitOf(second)
    await isGone()

    expect(statuses).toEqual([200, 200, 200])
    expect(again.status).toBe(200)
    expect(readyMs).toBeLessThan(3_000)
    expect(output.join('')).toContain('No administrator yet')
    console.log(`${name}: second start ready in ${Math.round(readyMs)} ms`)
  })
}
