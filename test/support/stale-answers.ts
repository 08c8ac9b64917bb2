import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type ApiClient, signIn } from './api-client.ts'
import type { ProcessServer } from './process-server.ts'

export interface SignedIn {
  client: ApiClient
  accessToken: string
}

export interface StaleReport {
  revocations: number
  /** Sent after the revocation of their session was answered with 200. */
  checks: number
  /** From a revocation's 200 to the latest answer that still believed the session; 0: there was none. */
  latestStaleMs: number
  byStatus: Record<string, number>
}

/** Sessions of one account, signed in on this server. */
export async function manySessions(server: ProcessServer, count: number): Promise<SignedIn[]> {
  const first = server.client()
  const account = await signIn(first)
  const sessions = [{ client: first, accessToken: first.accessToken ?? '' }]
  while (sessions.length < count) {
    const client = server.client()
    await client.login(account)
    sessions.push({ client, accessToken: client.accessToken ?? '' })
  }
  return sessions
}

/** Asks a server who a token belongs to; the status, or 0 when there was no answer. Nothing but the question: no retry. */
export function askMe(server: ProcessServer, accessToken: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const asking = request(
      `${server.url}/api/auth/me`,
      { agent, headers: { authorization: `Bearer ${accessToken}` } },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    asking.on('error', () => resolve(0))
    asking.end()
  })
}

/** Signs out on one server; again and again while it says that it cannot. Returns when the 200 came. */
export async function revoke({ client }: SignedIn): Promise<number> {
  for (;;) {
    const answer = await client.logout().catch(() => null)
    if (answer?.status === 200) return performance.now()
    await pause(20)
  }
}

export interface Watch {
  /** Notes that this session was revoked. */
  revoked(accessToken: string, atMs: number): void
  /** Goes on checking for so long after the last revocation, then tells. */
  end(afterMs: number): Promise<StaleReport>
}

/** Checks revoked sessions on a server, from `workers` sides, one after the other, without a rest. */
export function watchForStaleAnswers(server: ProcessServer, workers = 8): Watch {
  const agent = new Agent({ keepAlive: true, maxSockets: workers })
  const revokedMs = new Map<string, number>()
  const report: StaleReport = { revocations: 0, checks: 0, latestStaleMs: 0, byStatus: {} }
  let isOn = true
  let turn = 0

  async function work(): Promise<void> {
    while (isOn) {
      const tokens = [...revokedMs.keys()]
      const token = tokens[turn++ % Math.max(1, tokens.length)]
      if (token === undefined) {
        await pause(2)
        continue
      }
      const status = await askMe(server, token, agent)
      report.checks += 1
      report.byStatus[status] = (report.byStatus[status] ?? 0) + 1
      if (status === 200)
        report.latestStaleMs = Math.max(report.latestStaleMs, performance.now() - (revokedMs.get(token) ?? 0))
      if (status === 0) await pause(5)
    }
  }

  const loops = Array.from({ length: workers }, work)
  return {
    revoked(accessToken, atMs) {
      report.revocations += 1
      revokedMs.set(accessToken, atMs)
    },
    async end(afterMs) {
      await pause(afterMs)
      isOn = false
      await Promise.all(loops)
      agent.destroy()
      return report
    },
  }
}
