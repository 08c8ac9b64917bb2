import { hashPassword } from '#lib/crypto/password-hash.ts'
import { usableCores } from '#lib/runtime/cores.ts'
import { insertAccounts } from '../accounts-in-sql.ts'
import { ask } from '../ask.ts'
import { memoryMb } from '../compare.ts'
import { atMostFigure } from '../report.ts'
import { startWay } from '../targets.ts'
import type { Job } from './job.ts'

const password = 'a password of the benchmark'
const accounts = 200
const signIns = 1000

/** Everybody signs in at once, rightly. */
export const storm: Job = {
  summary: '1,000 right sign-ins of 200 accounts at once',
  async run(databaseUrl) {
    const server = await startWay('headless', databaseUrl, { isPinned: false })
    try {
      await insertAccounts(databaseUrl, 'storm', accounts, await hashPassword(password))
      const signIn = (index: number) =>
        ask({
          url: `${server.url}/api/auth/login`,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email: `storm${(index % accounts) + 1}`, password }),
        }).then(
          () => 200,
          (error: Error) => Number(/ answered (\d+)/.exec(error.message)?.[1] ?? 0),
        )
      await signIn(0)
      const baseMb = memoryMb(server.pid, 'VmRSS')
      const startMs = performance.now()
      const statuses = await Promise.all(Array.from({ length: signIns }, (_, index) => signIn(index)))
      const seconds = (performance.now() - startMs) / 1000
      const peakMb = memoryMb(server.pid, 'VmHWM')
      const count = (status: number) => statuses.filter((one) => one === status).length
      const others = signIns - count(200) - count(503)
      return {
        table: [
          ['signed in', 'refused (503)', 'anything else', 'seconds', 'memory before, MB', 'at its highest'],
          [
            ...[count(200), count(503), others].map(String),
            seconds.toFixed(1),
            baseMb.toFixed(0),
            peakMb.toFixed(0),
          ],
        ],
        figures: [
          atMostFigure('answers that are neither 200 nor 503', others, 0, ''),
          atMostFigure('memory at its highest', peakMb, baseMb + usableCores() * 19 + 64, 'MB'),
        ],
      }
    } finally {
      await server.stop()
    }
  },
}
