import { execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '#test/support/process-server.ts'
import { openProcessLog } from './log.ts'

/** A pipe that we hold both ends of, so that it is ours when anything is read. */
function openPipe(): { fd: number; readLines(): Record<string, unknown>[] } {
  const folder = mkdtempSync(join(tmpdir(), 'session-management-log-'))
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  onTestFinished(() => {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })
  const chunk = Buffer.alloc(64 * 1024)
  let rest = ''
  return {
    fd,
    readLines() {
      try {
        rest += chunk.toString('utf8', 0, readSync(fd, chunk))
      } catch (error) {
        // The pipe is empty.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      }
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      return lines.map((line) => JSON.parse(line))
    },
  }
}

test('a log that nobody reads is kept up to a size; what is dropped is counted, and said once somebody reads', async () => {
  const { fd, readLines } = openPipe()
  const unreadMax = 1024 * 1024
  const { log, dropped } = openProcessLog('info', fd, unreadMax)
  const text = 'x'.repeat(1000)
  const written = 5000

  for (let line = 0; line < written; line++) log.info({ line, text }, 'a line')
  const droppedAtOnce = dropped()
  const read: Record<string, unknown>[] = []
  const kept = () => read.filter(({ line }) => line !== undefined)
  const told = () => read.reduce((sum, { lines }) => sum + Number(lines ?? 0), 0)
  await until(
    () => {
      read.push(...readLines())
      return kept().length + dropped() === written && told() === dropped()
    },
    15_000,
    () => `${read.length} lines were read, ${dropped()} dropped, ${told()} of them said`,
  )

  expect(droppedAtOnce).toBeGreaterThan(written / 2)
  expect(Math.abs(JSON.stringify(kept()).length - unreadMax)).toBeLessThan(64 * 1024)
  const order = kept().map(({ line }) => Number(line))
  expect(order).toEqual(order.toSorted((left, right) => left - right))
  expect(read.at(-1)).toMatchObject({ level: 'warn', event: 'log_lines_dropped' })
})

const program = (end: string) => `
  import { openProcessLog } from '#lib/runtime/log.ts'
  process.stdout.on('error', () => {})
  const { log } = openProcessLog('info')
  for (let line = 0; line < 5000; line++) log.info({ line, text: 'x'.repeat(100) }, 'a line')
  ${end}
`

/** Runs a program whose output is not read before it speaks up on its standard error, if ever. */
function run(end: string, { isRead }: { isRead: boolean }) {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program(end)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const chunks: string[] = []
  child.stdout.pause()
  child.stderr.once('data', () => {
    if (isRead) child.stdout.on('data', (chunk) => chunks.push(String(chunk))).resume()
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const closed = new Promise((resolve) => child.once('close', resolve))
  return { exited, closed, lines: () => chunks.join('').trim().split('\n') }
}

const speak = "process.stderr.write('leaving')"

test.each([
  ['leaves at once', 0, `${speak}; process.exit(0)`],
  ['throws', 1, `${speak}; throw new Error('nobody catches it')`],
  ['leaves while its reader lags behind', 3, `setTimeout(() => { ${speak}; process.exit(3) }, 300)`],
  ['has nothing more to do', 0, speak],
])('a process that %s has written every line, whole and in order', async (_, code, end) => {
  const { exited, closed, lines } = run(end, { isRead: true })

  expect(await exited).toBe(code)
  await closed
  expect(lines().map((text) => JSON.parse(text).line)).toEqual(
    Array.from({ length: 5000 }, (_, line) => line),
  )
})

test('a process whose log nobody reads leaves all the same', async () => {
  const startedMs = performance.now()
  const { exited } = run(`${speak}; process.exit(5)`, { isRead: false })

  expect(await exited).toBe(5)
  expect(performance.now() - startedMs).toBeLessThan(10_000)
})
