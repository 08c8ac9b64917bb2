import { setTimeout as pause } from 'node:timers/promises'
import autocannon from 'autocannon'
import { hash as bcryptHash } from 'bcryptjs'
import { hashPassword } from '#lib/crypto/password-hash.ts'
import { signIn } from '../account.ts'
import { insertAccounts } from '../accounts-in-sql.ts'
import { atMostFigure } from '../report.ts'
import { startWay } from '../targets.ts'
import { tick } from '../ticking.ts'
import type { Job } from './job.ts'

const password = 'a password of the benchmark'
const seconds = 8
/** Until all clients are connected and wait: the measuring process makes them, and is late itself meanwhile. */
const settlingMs = 1000
const perSecond = 100
const accounts = 4000
/** As many as the queue takes; those who are refused at once would come back at once, which nobody does. */
const clients = { argon: 48, bcrypt: 12 }

/** What sign-ins do to everybody else: the slowest answers of `me`, on all cores, while more sign in than can be hashed. */
export const quiet: Job = {
  summary: 'me at 100 a second while as many sign in as can wait',
  async run(databaseUrl) {
    const server = await startWay('headless', databaseUrl, { isPinned: false })
    try {
      const { accessToken } = await signIn(server.url)
      const me = { url: `${server.url}/api/auth/me`, headers: { authorization: `Bearer ${accessToken}` } }
      await insertAccounts(databaseUrl, 'argon', accounts, await hashPassword(password))
      await insertAccounts(databaseUrl, 'bcrypt', accounts, await bcryptHash(password, 10))
      await tick(me, 2, perSecond)
      const idle = await tick(me, seconds, perSecond)
      const lines = [
        ['while', 'p99 ms of me', 'sign-ins', 'refused (503)'],
        ['nothing else', idle.toFixed(1), '', ''],
      ]
      const figures = []
      for (const scheme of ['argon', 'bcrypt'] as const) {
        const storm = signInAll(server.url, scheme)
        await pause(settlingMs)
        const busy = await tick(me, seconds, perSecond)
        const { statusCodeStats } = await storm
        const count = (status: string) =>
          String((statusCodeStats as Record<string, { count?: number }> | undefined)?.[status]?.count ?? 0)
        lines.push([`${scheme} sign-ins`, busy.toFixed(1), count('200'), count('503')])
        figures.push(
          atMostFigure(`p99 of me under ${scheme} sign-ins`, busy, Math.max(3 * idle, idle + 15), 'ms'),
        )
      }
      return { table: lines, figures }
    } finally {
      await server.stop()
    }
  },
}

/** Every sign-in is of another account: a bcrypt hash is replaced by the first right one. */
function signInAll(url: string, prefix: keyof typeof clients): Promise<autocannon.Result> {
  let number = 0
  return autocannon({
    url: `${url}/api/auth/login`,
    connections: clients[prefix],
    duration: seconds + settlingMs / 1000,
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        setupRequest: (request) => ({
          ...request,
          body: JSON.stringify({ email: `${prefix}${(number++ % accounts) + 1}`, password }),
        }),
      },
    ],
  })
}
