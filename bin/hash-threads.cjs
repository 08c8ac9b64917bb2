// Runs before anything else in a server process (root.mjs). Passwords are hashed in the threads of libuv's pool; on
// Linux a priority belongs to a thread, and requests that need no hash go before those that do.
'use strict'
const { readdirSync, stat } = require('node:fs')
const { setPriority } = require('node:os')

/** Nice values; bcrypt has its own threads, and the same one (lib/crypto/bcrypt-worker.mjs). */
const hashPriority = 10

const threads = () => readdirSync('/proc/self/task')

if (process.platform === 'linux') {
  try {
    const before = new Set(threads())
    // The pool starts all its threads at its first use: those that are there after it are they.
    stat('/', () => {})
    for (const id of threads()) if (!before.has(id)) setPriority(Number(id), hashPriority)
  } catch {
    // Where /proc is hidden or priorities are fixed, all goes on with the same one.
  }
}
