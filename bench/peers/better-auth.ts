import { newAccount } from '../account.ts'
import { type Answer, ask } from '../ask.ts'
import { checkAnswer, type Load } from '../measure.ts'
import type { Target } from '../targets.ts'
import type { Peer } from './peer.ts'

interface SessionAnswer {
  user: { email: string }
  session: { createdAt: string; updatedAt: string }
}

/** Drives `bench/peers/better-auth/`. @param isCached  whether get-session answers from the cookie */
export function betterAuthPeer(target: Target, { isCached }: { isCached: boolean }): Peer {
  return {
    ...target,
    session: async () => {
      const load = await signedIn(target, (answer, email) => {
        // An answer from the database sets the cookie of the cache anew.
        if (isCached && answer.cookies.length > 0) throw new Error('not answered from the cookie')
        readSession(answer, email)
      })
      await checkAnswer(load)
      return load
    },
    refresh: async () => {
      const load = await signedIn(target, (answer, email) => {
        const { createdAt, updatedAt } = readSession(answer, email)
        if (updatedAt <= createdAt) throw new Error('the session was not extended')
      })
      await checkAnswer(load)
      return load
    },
    login: async () => {
      const load = await signUp(target)
      await checkAnswer(load)
      return load
    },
  }
}

/** @returns the sign-in of a new account */
async function signUp({ url }: Target): Promise<Load & { email: string }> {
  const { email, username, password } = newAccount()
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ email, name: username, password })
  await ask({ url: `${url}/api/auth/sign-up/email`, method: 'POST', headers, body })
  return {
    url: `${url}/api/auth/sign-in/email`,
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password }),
    check: (answer) => {
      const { token, user } = JSON.parse(answer.body)
      if (!token || user?.email !== email) throw new Error(`${email} was not signed in`)
    },
    email,
  }
}

async function signedIn(target: Target, check: (answer: Answer, email: string) => void): Promise<Load> {
  const { email, ...signIn } = await signUp(target)
  const { cookies } = await ask(signIn)
  const cookie = cookies.map((line) => line.split(';', 1)[0]).join('; ')
  return {
    url: `${target.url}/api/auth/get-session`,
    headers: { cookie },
    check: (answer) => check(answer, email),
  }
}

/** An unknown session is a 200 too: its body is null. */
function readSession({ body }: Answer, email: string): SessionAnswer['session'] {
  const found: SessionAnswer | null = JSON.parse(body)
  if (found?.user.email !== email) throw new Error(`not the session of ${email}: ${body}`)
  return found.session
}
