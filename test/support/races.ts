import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { type ApiClient, type Credentials, newAccount } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import type { ProcessServer } from './process-server.ts'

/** One round of a race between `contenders` requests that are spread over the processes. Throws when it went wrong. */
export type Race = (processes: readonly ProcessServer[], contenders: number) => Promise<void>

/** Only "come back later" is repeated, as a client does. */
async function untilAnswered(send: () => Promise<TestAnswer>): Promise<TestAnswer> {
  for (;;) {
    const answer = await send()
    if (answer.body.code !== 'overloaded') return answer
    await pause(50)
  }
}

const nth = (processes: readonly ProcessServer[], index: number) =>
  processes[index % processes.length] as ProcessServer

/** The same app on another process. */
function sameApp(processes: readonly ProcessServer[], index: number, app: ApiClient): ApiClient {
  const same = nth(processes, index).client()
  same.accessToken = app.accessToken
  same.refreshToken = app.refreshToken
  return same
}

async function signedInApp(
  processes: readonly ProcessServer[],
): Promise<{ app: ApiClient; account: Credentials }> {
  const app = nth(processes, 0).client()
  const account = newAccount()
  const registered = await untilAnswered(async () => (await app.register(account)) as TestAnswer)
  expect(registered.status).toBe(200)
  expect((await untilAnswered(() => app.login(account))).status).toBe(200)
  return { app, account }
}

const together = (count: number, send: (index: number) => Promise<TestAnswer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => send(index)))

/** All get the same successor, and it is one step further. */
export const refreshRace: Race = async (processes, contenders) => {
  const { app } = await signedInApp(processes)
  const answers = await together(contenders, (index) => sameApp(processes, index, app).refresh())
  expect(answers.map(({ status }) => status)).toEqual(Array(contenders).fill(200))
  const successors = new Set(answers.map(({ body }) => body.refresh_token))
  expect(successors.size).toBe(1)
  expect(generationOf([...successors][0])).toBe(generationOf(app.refreshToken) + 1)
}

/** Whoever refreshes while somebody signs out has nothing afterwards. */
export const signOutRace: Race = async (processes, contenders) => {
  const { app } = await signedInApp(processes)
  const apps = Array.from({ length: contenders }, (_, index) => sameApp(processes, index, app))
  const [signedOut, ...refreshed] = await Promise.all([
    sameApp(processes, 1, app).logout(),
    ...apps.map((one) => one.refresh()),
  ])
  expect(signedOut.status).toBe(200)
  for (const { status, body } of refreshed)
    if (status !== 200)
      expect([status, body.code, body.ended_reason]).toEqual([401, 'session_ended', 'signed_out'])
  for (const one of apps) expect((await one.refresh()).body.ended_reason).toBe('signed_out')
}

/** No sign-in with the old password survives the change, however close they come. */
export const passwordRace: Race = async (processes, contenders) => {
  const { app, account } = await signedInApp(processes)
  const change = { current_password: account.password, new_password: `${account.password} anew` }
  const apps = Array.from({ length: contenders }, (_, index) => nth(processes, index).client())
  const [changed, ...signIns] = await Promise.all([
    untilAnswered(() => app.send('/api/auth/change-password', { json: change })),
    ...apps.map((one) => untilAnswered(() => one.login(account))),
  ])
  expect(changed.status).toBe(200)
  for (const [index, one] of apps.entries()) {
    const { status, body } = signIns[index] as TestAnswer
    if (status !== 200) expect(['invalid_credentials', 'rate_limited']).toContain(body.code)
    else expect((await one.refresh()).body.ended_reason).toBe('password_changed')
  }
  expect((await app.refresh()).status).toBe(200)
}

/** One account comes of it. */
export const registerRace: Race = async (processes, contenders) => {
  const account = newAccount()
  const answers = await together(contenders, (index) => {
    const client = nth(processes, index).client()
    return untilAnswered(async () => (await client.register(account)) as TestAnswer)
  })
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const { status, body } of answers)
    if (status !== 200) expect(['email_taken', 'username_taken']).toContain(body.code)
}

export const races: Record<string, Race> = {
  refresh: refreshRace,
  'sign-out against refresh': signOutRace,
  'changed password against sign-in': passwordRace,
  register: registerRace,
}

function generationOf(refreshToken: string | null | undefined): number {
  return Number(String(refreshToken).split('.')[1])
}
