import { signIn } from '../account.ts'
import type { Load } from '../measure.ts'
import { startBare, startWay, type Target, ways } from '../targets.ts'
import type { Job, Subject } from './job.ts'

/** `GET /api/auth/me` with a bearer token, for each way to serve, against the bare program and the bare server. */
export const me: Job = {
  summary: 'GET /api/auth/me, bearer',
  base: 'bare me',
  async subjects(databaseUrl) {
    const started: Target[] = []
    for (const name of Object.keys(ways) as (keyof typeof ways)[])
      started.push(await startWay(name, databaseUrl))
    const ours = await Promise.all(
      started.map(async (target): Promise<Subject> => ({ target, load: await signedIn(target) })),
    )
    const [first] = ours
    if (!first) throw new Error('no way to serve')
    const JWKS = await (await fetch(`${first.target.url}/.well-known/jwks.json`)).text()
    const bare = await startBare('bare me', 'me', { DATABASE_URL: databaseUrl, JWKS })
    const floor = await startBare('node:http', 'http')
    return [
      ...ours,
      { target: bare, load: { ...first.load, url: `${bare.url}/` } },
      { target: floor, load: { ...first.load, url: `${floor.url}/` } },
    ]
  },
}

async function signedIn({ url }: Target): Promise<Load> {
  const { accessToken } = await signIn(url)
  return { url: `${url}/api/auth/me`, headers: { authorization: `Bearer ${accessToken}` } }
}
