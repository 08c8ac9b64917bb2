import { join } from 'node:path'
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { hashPassword } from '#lib/crypto/password-hash.ts'
import { freePort } from '#server/free-port.ts'
import { createTestDatabase } from '#test/support/database.ts'
import { makeClone, removeClone, startServer, strictVariables } from '#test/support/process-server.ts'
import { judgeTiming, seededRandom, timedSender } from '#test/support/timing.ts'

/**
 * Whether an address has an account must not be told by status, body or time. Known and unknown addresses of one length,
 * each used once and from an address of its own, in random order over one connection.
 */
const samples = 2000
const warmUps = 100
const seed = 20_261_122

const clone = makeClone()
afterAll(() => removeClone(clone))

const tsx = join(process.cwd(), 'node_modules/tsx/dist/esm/index.mjs')
const controlled = ['--import', tsx, join(process.cwd(), 'test/support/controlled-server.ts')]

/** A server whose messages are written and sent by nobody, so that nothing but requests runs in it. */
async function startServerWith(count: number, variables: Record<string, string> = {}) {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  await database.sql(
    `WITH created AS (
       INSERT INTO users (email, username, email_verified_at)
       SELECT 'known-' || lpad(n::text, 6, '0') || '@example.com', 'known-' || lpad(n::text, 6, '0'), now()
       FROM generate_series(1, $1) n RETURNING id
     )
     INSERT INTO password_credentials (user_id, password_hash) SELECT id, $2 FROM created`,
    [count + warmUps, await hashPassword('a slow green ferry')],
  )
  await database.sql('ANALYZE')
  const server = await startServer({
    clone,
    ...('TEST_WITHOUT' in variables && { entry: controlled }),
    variables: {
      ...strictVariables(database.url, await freePort()),
      EMAIL_VERIFICATION: 'required',
      MAIL: 'smtp',
      MAIL_SERVER: '127.0.0.1',
      MAIL_FROM: 'no-reply@example.com',
      PAGES_URL: 'https://app.example.com',
      JOBS: 'worker',
      LOG_LEVEL: 'warn',
      ...variables,
    },
  })
  onTestFinished(async () => {
    await server.stop()
    await database.drop()
  })
  return server
}

interface Operation {
  path: string
  bodyFor(email: string, number: number): object
}

const operations: Record<string, Operation> = {
  'a forgotten password': { path: '/api/auth/forgot-password', bodyFor: (email) => ({ email }) },
  'a verification sent again': { path: '/api/auth/verify-email/resend', bodyFor: (email) => ({ email }) },
  'a sign-in': { path: '/api/auth/login', bodyFor: (email) => ({ email, password: 'some other words' }) },
  'a registration': {
    path: '/api/auth/register',
    bodyFor: (email, number) => ({
      email,
      username: `fresh-${String(number).padStart(6, '0')}`,
      password: 'some other words',
    }),
  },
}

/** The times of both classes; every answer is the same but for the id of the request. */
async function measure(url: string, { path, bodyFor }: Operation, count: number) {
  const random = seededRandom(seed)
  const order = Array.from({ length: count * 2 }, (_, index) => ({
    isKnown: index < count,
    number: (index % count) + 1,
  }))
    .map((sample) => ({ ...sample, at: random() }))
    .toSorted((a, b) => a.at - b.at)
  const sender = timedSender(url)
  const times = { known: [] as number[], unknown: [] as number[] }
  const answers = new Set<string>()
  let sent = 0
  const one = async (isKnown: boolean, number: number) => {
    sent += 1
    const email = `${isKnown ? 'known' : 'other'}-${String(number).padStart(6, '0')}@example.com`
    const answer = await sender.send(path, bodyFor(email, sent))
    answers.add(`${answer.status} ${answer.text.replace(/"request_id":"[^"]+"/, '')}`)
    return answer.ms
  }
  for (let warm = 1; warm <= warmUps; warm += 1) await one(warm % 2 === 0, count + warm)
  for (const { isKnown, number } of order)
    times[isKnown ? 'known' : 'unknown'].push(await one(isKnown, number))
  sender.close()
  return { verdict: judgeTiming(times, random), answers }
}

function tell(name: string, { auc, aucLow, aucHigh, shiftMs, fastShiftMs, medianMs }: Verdict): void {
  const interval = `AUC ${auc.toFixed(3)} (${aucLow.toFixed(3)} to ${aucHigh.toFixed(3)})`
  const shifts = `shift ${shiftMs.toFixed(3)} ms, of the fastest ${fastShiftMs.toFixed(3)} ms`
  console.log(`${name}: ${interval}, ${shifts}, median ${medianMs.toFixed(2)} ms`)
}

type Verdict = ReturnType<typeof judgeTiming>

describe('known and unknown addresses', () => {
  test.each(Object.keys(operations))('%s answers alike, and in the same time', async (name) => {
    const server = await startServerWith(samples)
    const { verdict, answers } = await measure(server.url, operations[name] as Operation, samples)
    tell(name, verdict)

    expect([...answers]).toHaveLength(1)
    expect(verdict.aucLow).toBeGreaterThan(0.45)
    expect(verdict.aucHigh).toBeLessThan(0.55)
    const boundMs = Math.max(0.5, verdict.medianMs * 0.02)
    expect(Math.abs(verdict.shiftMs)).toBeLessThanOrEqual(boundMs)
    expect(Math.abs(verdict.fastShiftMs)).toBeLessThanOrEqual(boundMs)
  })

  test('a control run: without the decoy an unknown address is told from a known one', async () => {
    const count = 150
    const server = await startServerWith(count, { TEST_WITHOUT: 'decoy' })
    const { verdict } = await measure(server.url, operations['a sign-in'] as Operation, count)
    tell('control, without the decoy', verdict)

    expect(verdict.auc).toBeGreaterThan(0.95)
  })
})
