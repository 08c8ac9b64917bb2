// Runs in worker threads only. Plain JavaScript, because it is started from its file in every way of running.
import { setPriority } from 'node:os'
import { platform } from 'node:process'
import { parentPort } from 'node:worker_threads'
import bcrypt from 'bcryptjs'

// On Linux a priority belongs to a thread: requests that need no hash go before those that do.
if (platform === 'linux') setPriority(10)

parentPort.on('message', ({ password, hash }) => {
  parentPort.postMessage(bcrypt.compareSync(password, hash))
})
