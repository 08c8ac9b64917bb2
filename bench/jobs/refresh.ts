import { manySessions } from '../account.ts'
import { ask } from '../ask.ts'
import { compare, type Subject } from '../compare.ts'
import { type Load, usualConnections } from '../measure.ts'
import { installPeers, startPeer } from '../peers.ts'
import { ratioFigure, tableOf } from '../report.ts'
import { startBare, startWay } from '../targets.ts'
import type { Job } from './job.ts'

/** Every connection goes on with the token that it was given, in a session of its own. */
export const refresh: Job = {
  summary: 'Refresh: POST /api/auth/refresh',
  async run(databaseUrl) {
    const headless = await startWay('headless', databaseUrl)
    const bare = await startBare('bare refresh', 'refresh', { DATABASE_URL: databaseUrl })
    const sessions = await manySessions(headless.url, 2 * usualConnections)
    const ours = sessions.slice(usualConnections).map(({ refreshToken }) => going(headless.url, refreshToken))
    const theirs = sessions.slice(0, usualConnections).map(async ({ refreshToken }) => {
      const [sessionId] = refreshToken.split('.')
      const { body } = await ask({ url: `${bare.url}/${sessionId}`, headers: {} })
      return going(bare.url, JSON.parse(body).refresh_token)
    })
    const subjects: Subject[] = [
      { target: headless, load: ours },
      { target: bare, load: await Promise.all(theirs) },
    ]
    const kinds = installPeers().filter((kind) => kind === 'FastAPI' || kind === 'better-auth, extending')
    for (const kind of kinds) {
      const peer = await startPeer(kind, databaseUrl)
      const load: Load[] = []
      while (load.length < usualConnections) load.push(await peer.refresh())
      subjects.push({ target: peer, load })
    }
    const rows = await compare(subjects)
    return {
      table: tableOf(rows),
      figures: [
        ...ratioFigure(rows, ['headless', 'bare refresh'], 0.8),
        ...kinds.flatMap((kind) => ratioFigure(rows, ['headless', kind], 10)),
      ],
    }
  },
}

function going(url: string, refreshToken: string): Load {
  const write = (token: string) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: token }),
  })
  let newest = refreshToken
  return {
    url: `${url}/api/auth/refresh`,
    method: 'POST',
    ...write(newest),
    next(answer) {
      const next = JSON.parse(answer).refresh_token
      // The same token again would be an answer from the window in which a lost one is repeated, and no rotation.
      if (next === newest) throw new Error('the refresh token did not rotate')
      newest = next
      return write(next)
    },
  }
}
