import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { serverOptions } from '../bin/root.mjs'

/** Prints the nice value of each thread: field 19 of proc(5) stat, which begins anew after the name in parentheses. */
const script = `
  const { readdirSync, readFileSync } = require('node:fs')
  const niceOf = (id) => Number(readFileSync('/proc/self/task/' + id + '/stat', 'utf8').split(') ')[1].split(' ')[16])
  console.log(JSON.stringify({
    own: niceOf(process.pid),
    others: readdirSync('/proc/self/task').filter((id) => Number(id) !== process.pid).map(niceOf),
  }))`

// Other systems have one priority for a whole process.
test.runIf(process.platform === 'linux')(
  'in a server process the threads that hash give way to the one that answers, and they alone do',
  () => {
    const threads = 5
    const { stdout } = spawnSync(process.execPath, [...serverOptions, '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
    })

    const { own, others } = JSON.parse(stdout) as { own: number; others: number[] }

    const givingWay = others.filter((nice) => nice > own)
    expect(givingWay).toHaveLength(threads)
    expect(others.length).toBeGreaterThan(threads)
  },
)
