import { signIn } from '../account.ts'
import { ask } from '../ask.ts'
import { compare, type Subject } from '../compare.ts'
import type { Load } from '../measure.ts'
import { installPeers, startPeer } from '../peers.ts'
import { ratioFigure, tableOf } from '../report.ts'
import { startBare, startWay, type Target, ways } from '../targets.ts'
import type { Job } from './job.ts'

/** Each way to serve against the bare program, the bare server, and the peers. */
export const me: Job = {
  summary: 'Who am I: GET /api/auth/me',
  async run(databaseUrl) {
    const subjects: Subject[] = []
    for (const name of Object.keys(ways) as (keyof typeof ways)[]) {
      const target = await startWay(name, databaseUrl)
      subjects.push({ target, load: await bearer(target) })
      if (name === 'headless') subjects.push(withCookie(target, await cookie(target)))
    }
    subjects.push(...(await bareOnes(subjects[0], databaseUrl)))
    for (const kind of installPeers().filter((peer) => peer !== 'better-auth, extending')) {
      const peer = await startPeer(kind, databaseUrl)
      subjects.push({ target: peer, load: await peer.session() })
    }
    const rows = await compare(subjects)
    return {
      table: tableOf(rows),
      figures: [
        ...ratioFigure(rows, ['headless', 'bare me'], 0.6),
        ...ratioFigure(rows, ['headless, cookie', 'bare me'], 0.6),
        ...ratioFigure(rows, ['npm start', 'headless'], 0.9),
        ...ratioFigure(rows, ['npm start', 'plain Next'], 15),
        ...ratioFigure(rows, ['headless', 'better-auth'], 40),
        ...ratioFigure(rows, ['headless', 'FastAPI'], 25),
      ],
    }
  },
}

async function bareOnes(first: Subject | undefined, databaseUrl: string): Promise<Subject[]> {
  if (!first) return []
  const { body: JWKS } = await ask({ url: `${first.target.url}/.well-known/jwks.json`, headers: {} })
  const bare = await startBare('bare me', 'me', { DATABASE_URL: databaseUrl, JWKS })
  const floor = await startBare('bare node:http', 'http')
  const { headers } = [first.load].flat()[0] ?? { headers: {} }
  return [
    { target: bare, load: { url: `${bare.url}/`, headers } },
    { target: floor, load: { url: `${floor.url}/`, headers } },
  ]
}

async function bearer({ url }: Target): Promise<Load> {
  const { email, accessToken } = await signIn(url)
  return whoAmI(url, email, { authorization: `Bearer ${accessToken}` })
}

async function cookie({ url }: Target): Promise<Load> {
  const { email, password } = await signIn(url)
  const { cookies } = await ask({
    url: `${url}/api/auth/login`,
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password, transport: 'cookie' }),
  })
  return whoAmI(url, email, { cookie: cookies.map((line) => line.split(';', 1)[0]).join('; ') })
}

function whoAmI(url: string, email: string, headers: Record<string, string>): Load {
  return {
    url: `${url}/api/auth/me`,
    headers,
    check: ({ body }) => {
      if (JSON.parse(body).email !== email) throw new Error(`not ${email}: ${body}`)
    },
  }
}

/** The same server once more; it is stopped under its first name. */
function withCookie(target: Target, load: Load): Subject {
  return { target: { ...target, name: `${target.name}, cookie`, stop: async () => {} }, load }
}
