import { Agent, request } from 'node:http'
import { manySessions, type SignedIn, signIn } from '../account.ts'
import { ask } from '../ask.ts'
import { measure } from '../measure.ts'
import { atMostFigure, median, quantile } from '../report.ts'
import { startWay } from '../targets.ts'
import type { Job } from './job.ts'

const signOuts = 200
const loadSeconds = 12

/** Sign-outs on one process, and until when another one still believes the session, both under load. */
export const revocation: Job = {
  summary: 'A session is ended on one process and refused by another',
  async run(databaseUrl) {
    // Processes of one deployment: one public address, so that each takes the tokens of the other.
    const shared = { isPinned: false, variables: { APP_URL: 'http://localhost:8000' } }
    const first = await startWay('headless', databaseUrl, shared)
    const second = await startWay('headless', databaseUrl, shared)
    try {
      const sessions = await manySessions(first.url, signOuts)
      const agent = new Agent({ keepAlive: true })
      for (const { accessToken } of sessions) await status(second.url, accessToken, agent)
      const { accessToken } = await signIn(first.url)
      const me = (url: string) => ({
        url: `${url}/api/auth/me`,
        headers: { authorization: `Bearer ${accessToken}` },
      })
      const load = [first, second].map(({ url }) => measure(me(url), loadSeconds, 8))
      const latenesses: number[] = []
      for (const session of sessions) latenesses.push(await lateness(first.url, second.url, session, agent))
      const samples = await Promise.all(load)
      agent.destroy()
      const p99 = quantile(latenesses, 0.99)
      return {
        table: [
          ['sign-outs', 'median ms', 'p99 ms', 'longest ms', 'me/s meanwhile, both'],
          [
            String(signOuts),
            ...[median(latenesses), p99, Math.max(...latenesses)].map((ms) => ms.toFixed(1)),
            samples.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0).toFixed(0),
          ],
        ],
        figures: [
          atMostFigure('p99 from the 200 on one process to the last yes of the other', p99, 50, 'ms'),
        ],
      }
    } finally {
      await first.stop()
      await second.stop()
    }
  },
}

/** @returns milliseconds from the 200 of the sign-out to the last 200 elsewhere; 0 when there was none after it */
async function lateness(here: string, there: string, session: SignedIn, agent: Agent): Promise<number> {
  const headers = { authorization: `Bearer ${session.accessToken}`, 'content-type': 'application/json' }
  let endedMs = Number.POSITIVE_INFINITY
  let lastYesMs = 0
  const asking = (async () => {
    for (;;) {
      const answer = await status(there, session.accessToken, agent)
      if (answer === 401) return
      if (answer === 200 && performance.now() > endedMs) lastYesMs = performance.now()
    }
  })()
  await ask({ url: `${here}/api/auth/logout`, method: 'POST', headers, body: '{}' })
  endedMs = performance.now()
  await asking
  return Math.max(0, lastYesMs - endedMs)
}

function status(url: string, accessToken: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${accessToken}` }
    const asking = request(`${url}/api/auth/me`, { agent, headers }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    asking.once('error', reject)
    asking.end()
  })
}
