// npm run dev: runs a Node program, and runs it anew when a file that it is made of changes.
import { watch } from 'node:fs'
import { join } from 'node:path'
import { exitCodeOf, root, spawnNode, whenToldToEnd } from './root.mjs'

/** Editors write a file in several steps. */
const settleMs = 100

/**
 * Runs a Node program in place of this one, as `become` does, and anew after a change in one of the folders. The next
 * one starts when the last one has left, however long that takes: it has a database to stop.
 *
 * @param {string[]} options
 * @param {NodeJS.ProcessEnv} variables
 * @param {string[]} folders
 */
export function becomeWatched(options, variables, folders) {
  let child = null
  let isStale = false
  let isEnding = false

  function start() {
    isStale = false
    child = spawnNode(options, variables)
    child.once('exit', (code, signal) => {
      child = null
      if (isEnding) process.exit(exitCodeOf(code, signal))
      if (isStale) start()
      else process.stderr.write('The server has left. It starts again when a file changes.\n')
    })
  }

  function startAnew() {
    if (isEnding || isStale) return
    if (!child) return start()
    isStale = true
    process.stdout.write('A file has changed. Starting anew …\n')
    // Not SIGTERM, after which it goes on for a while for the sake of load balancers.
    child.kill('SIGINT')
  }

  start()
  whenToldToEnd((signal) => {
    isEnding = true
    if (!child) process.exit(0)
    child.kill(signal)
  })
  let settling
  for (const folder of folders)
    watch(join(root, folder), { recursive: true }, (_, file) => {
      if (file?.endsWith('.test.ts')) return
      clearTimeout(settling)
      settling = setTimeout(startAnew, settleMs)
    })
}
