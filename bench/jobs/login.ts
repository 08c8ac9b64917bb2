import { register } from '../account.ts'
import { compare, type Subject } from '../compare.ts'
import { installPeers, startPeer } from '../peers.ts'
import { ratioFigure, tableOf } from '../report.ts'
import { startBare, startWay } from '../targets.ts'
import type { Job } from './job.ts'

const connections = 8

/** Right sign-ins, against what one core can hash. */
export const login: Job = {
  summary: 'Sign in: POST /api/auth/login, argon2id of 19 MiB, 2 passes',
  async run(databaseUrl) {
    const headless = await startWay('headless', databaseUrl)
    const { email, password } = await register(headless.url)
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ email, password })
    const hash = await startBare('bare hash', 'hash')
    const subjects: Subject[] = [
      { target: headless, load: { url: `${headless.url}/api/auth/login`, method: 'POST', headers, body } },
      { target: hash, load: { url: `${hash.url}/`, method: 'POST', headers, body } },
    ]
    const kinds = installPeers().filter((kind) => kind === 'FastAPI' || kind === 'better-auth')
    for (const kind of kinds) {
      const peer = await startPeer(kind, databaseUrl)
      subjects.push({ target: peer, load: await peer.login() })
    }
    const rows = await compare(subjects, { connections, seconds: 4 })
    return {
      table: tableOf(rows),
      figures: [
        ...ratioFigure(rows, ['headless', 'bare hash'], 0.95),
        ...kinds.flatMap((kind) => ratioFigure(rows, ['headless', kind], 1)),
      ],
    }
  },
}
