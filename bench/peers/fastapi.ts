import { register, signIn } from '../account.ts'
import type { Answer } from '../ask.ts'
import { checkAnswer, type Load } from '../measure.ts'
import type { Target } from '../targets.ts'
import type { Peer } from './peer.ts'

const json = { 'content-type': 'application/json' }

/** Drives `bench/peers/fastapi/`, whose paths and bodies are those of our contract. */
export function fastapiPeer(target: Target): Peer {
  const api = `${target.url}/api/auth`
  return {
    ...target,
    session: async () => {
      const { email, accessToken } = await signIn(target.url)
      const load = whoAmI(api, email, accessToken)
      await checkAnswer(load)
      return load
    },
    refresh: async () => {
      const { email, refreshToken } = await signIn(target.url)
      const load: Load = {
        url: `${api}/refresh`,
        method: 'POST',
        headers: json,
        body: JSON.stringify({ refresh_token: refreshToken }),
        next: (answer) => ({
          headers: json,
          body: JSON.stringify({ refresh_token: JSON.parse(answer).refresh_token }),
        }),
        check: (answer) => checkTokens(answer, api, email),
      }
      await checkAnswer(load)
      return load
    },
    login: async () => {
      const { email, password } = await register(target.url)
      const load: Load = {
        url: `${api}/login`,
        method: 'POST',
        headers: json,
        body: JSON.stringify({ email, password }),
        check: (answer) => checkTokens(answer, api, email),
      }
      await checkAnswer(load)
      return load
    },
  }
}

function whoAmI(api: string, email: string, accessToken: string): Load {
  return {
    url: `${api}/me`,
    headers: { authorization: `Bearer ${accessToken}` },
    check: ({ body }) => {
      const user: { email: string; roles: { name: string }[] } = JSON.parse(body)
      if (user.email !== email || user.roles[0]?.name !== 'user') throw new Error(`not ${email}: ${body}`)
    },
  }
}

/** The access token of the answer is that of the account. */
async function checkTokens({ body }: Answer, api: string, email: string): Promise<void> {
  const { access_token: accessToken } = JSON.parse(body)
  await checkAnswer(whoAmI(api, email, accessToken))
}
