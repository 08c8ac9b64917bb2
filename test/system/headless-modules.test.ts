import { spawnSync } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { expect, test } from 'vitest'

const away = [
  ['node_modules/next', 'node_modules/.next-away'],
  ['app', '.app-away'],
] as const

/** Renames for the time of `work`, and back whatever happens; also what an earlier, killed run left behind. */
function withoutNext<Result>(work: () => Result): Result {
  const restore = () => {
    for (const [here, there] of away) if (existsSync(there)) renameSync(there, here)
  }
  restore()
  process.once('exit', restore)
  for (const [here, there] of away) if (existsSync(here)) renameSync(here, there)
  try {
    return work()
  } finally {
    restore()
    process.off('exit', restore)
  }
}

test('the headless server passes the API specs without Next and without pages on the disk', () => {
  const { status, stdout } = withoutNext(() =>
    spawnSync('npx', ['playwright', 'test', '--project', 'api-headless', '--reporter', 'json'], {
      encoding: 'utf8',
      env: { ...process.env, E2E_ONLY: 'headless' },
      maxBuffer: 64 * 1024 * 1024,
    }),
  )

  const { stats } = JSON.parse(stdout)
  expect(stats).toMatchObject({ unexpected: 0, skipped: 0, flaky: 0 })
  expect(stats.expected).toBeGreaterThan(60)
  expect(status).toBe(0)
})
