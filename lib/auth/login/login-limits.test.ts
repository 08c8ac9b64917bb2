import { describe, expect, test } from 'vitest'
import { type Credentials, newAccount, signIn } from '#test/support/api-client.ts'
import type { TestAnswer } from '#test/support/check-answer.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { passwordWorkSoFar, stopDatabaseTime, watchDatabase } from '#test/support/observations.ts'

const server = useServer()
const wrong = 'not the right one'

async function accountOn({ client }: TestServer): Promise<Credentials> {
  const { account } = await client().register()
  return account
}

/** A server whose delays can be read to the second, and an account on it. */
async function stoppedServer() {
  const own = await serverForThisTest()
  await stopDatabaseTime(own)
  return { own, account: await accountOn(own) }
}

/** One wrong try after the other, each from a house of its own. */
async function tryWrongly({ client }: TestServer, email: string, times: number): Promise<TestAnswer[]> {
  const answers: TestAnswer[] = []
  for (let attempt = 0; attempt < times; attempt++) {
    answers.push(await client().login({ email, password: wrong }))
  }
  return answers
}

function statuses(answers: readonly TestAnswer[]): number[] {
  return answers.map(({ status }) => status)
}

describe('the budget of an account', () => {
  test('five refused tries are free; the sixth is 429 without password work, and so is the right password', async () => {
    const { own, account } = await stoppedServer()
    expect(statuses(await tryWrongly(own, account.email, 5))).toEqual([401, 401, 401, 401, 401])
    const before = await passwordWorkSoFar(own.runtime)

    for (const password of [wrong, account.password]) {
      const answer = await own.client().login({ email: account.email, password })
      expect(answer).toBeProblem(429, 'rate_limited')
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(answer.headers.get('ratelimit')).toBe('"sign-in-account";r=0;t=1')
      expect(answer.headers.get('ratelimit-policy')).toBe(
        '"sign-in-account";q=5;w=86400, "sign-in-address";q=20;w=300',
      )
    }
    expect(await passwordWorkSoFar(own.runtime)).toBe(before)
  })

  test('an unknown account is limited in the same words, so a limit tells nothing about it', async () => {
    const { own, account } = await stoppedServer()
    const visible = async (email: string) => {
      const answers = await tryWrongly(own, email, 7)
      return answers.map(({ status, headers, body }) => {
        const named = [...headers].filter(([name]) => name !== 'x-request-id')
        return { status, headers: named, code: body.code, detail: body.detail }
      })
    }

    const ofKnown = await visible(account.email)

    expect(await visible(newAccount().email)).toEqual(ofKnown)
    expect(await visible(newAccount().username)).toEqual(ofKnown)
  })

  test('a refusal does not tell how much an account has left, so an address and a user name stay two', async () => {
    const { own, account } = await stoppedServer()
    await tryWrongly(own, account.email, 3)

    for (const identifier of [account.username, newAccount().username]) {
      const [answer] = await tryWrongly(own, identifier, 1)
      expect(answer?.headers.get('ratelimit'), identifier).toBe('"sign-in-address";r=19;t=300')
    }
  })

  const dotted = (text: string) => text.replace('i', 'İ')
  const finalSigma = (text: string) => text.toLowerCase()
  const noFinalSigma = (text: string) => [...text].map((letter) => letter.toLowerCase()).join('')
  test.each([
    ['alice@example.com', 'nobody.is@example.com', dotted],
    ['iris', 'isis', dotted],
    ['ΟΔΥΣΣΕΥΣ', 'ΟΥΤΙΣ', finalSigma],
    ['ΟΔΥΣΣΕΥΣ', 'ΟΥΤΙΣ', noFinalSigma],
  ])(
    'another spelling of %s, in letters with more than one lower case, is judged as one of %s, whom nobody knows',
    async (known, unknown, respell) => {
      const { own } = await stoppedServer()
      await own.client().register(known.includes('@') ? { email: known } : { username: known })
      const triesAt = async (identifier: string) => {
        const answers = await tryWrongly(own, identifier, 5)
        return statuses([...answers, ...(await tryWrongly(own, respell(identifier), 1))])
      }

      expect(await triesAt(known)).toEqual(await triesAt(unknown))
    },
  )

  test('of fifty parallel wrong tries at most five reach the password, and none of the others costs many queries', async () => {
    const { own, account } = await stoppedServer()
    const before = await passwordWorkSoFar(own.runtime)
    const watched = watchDatabase(own.runtime)

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => own.client().login({ email: account.email, password: wrong })),
    )

    expect(statuses(answers).filter((status) => status === 401)).toHaveLength(5)
    expect(statuses(answers).filter((status) => status === 429)).toHaveLength(45)
    expect(await passwordWorkSoFar(own.runtime)).toBe(before + 5)
    expect(watched.names.length).toBeLessThanOrEqual(50 * 4)
  })

  test('twelve parallel right sign-ins of one account all succeed: those in flight wait for one another', async () => {
    const account = await accountOn(server)

    const answers = await Promise.all(Array.from({ length: 12 }, () => server.client().login(account)))

    expect(new Set(statuses(answers))).toEqual(new Set([200]))
  })

  test('address and user name share it, in any spelling', async () => {
    const { own, account } = await stoppedServer()
    const { email, username } = account
    for (const identifier of [email, username, email.toUpperCase(), username.toUpperCase(), ` ${email} `]) {
      expect(statuses(await tryWrongly(own, identifier, 1))).toEqual([401])
    }

    expect(statuses(await tryWrongly(own, email, 1))).toEqual([429])
    expect(statuses(await tryWrongly(own, username, 1))).toEqual([429])
  })

  test('other accounts are untouched, also from the address of the attacker', async () => {
    const { own, account } = await stoppedServer()
    const other = await accountOn(own)
    const attacker = own.client()
    for (let attempt = 0; attempt < 6; attempt++)
      await attacker.login({ email: account.email, password: wrong })

    expect((await attacker.login(other)).status).toBe(200)
    expect((await own.client().login(other)).status).toBe(200)
  })

  test('right ones are never counted, neither for the account nor for the address', async () => {
    const account = await accountOn(server)
    const client = server.client()
    for (let attempt = 0; attempt < 25; attempt++) {
      const answer = await client.login(account)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('ratelimit')).toBe('"sign-in-address";r=19;t=300')
    }
  })

  test('a right one clears what was counted', async () => {
    const { own, account } = await stoppedServer()
    for (let round = 0; round < 3; round++) {
      expect(statuses(await tryWrongly(own, account.email, 4))).toEqual([401, 401, 401, 401])
      expect((await own.client().login({ ...account, email: account.username })).status).toBe(200)
    }
  })

  test('then each refusal doubles the delay, from one second to fifteen minutes, and it is never a lock', async () => {
    const { own, account } = await stoppedServer()
    await tryWrongly(own, account.email, 5)
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      const [early] = await tryWrongly(own, account.email, 1)
      expect(early?.headers.get('retry-after')).toBe(String(seconds))
      await own.time.advance({ seconds: seconds - 0.01 })
      expect(statuses(await tryWrongly(own, account.email, 1))).toEqual([429])
      await own.time.advance({ seconds: 0.01 })
      expect(statuses(await tryWrongly(own, account.email, 1))).toEqual([401])
    }
    await own.time.advance({ seconds: 900 })
    expect((await own.client().login(account)).status).toBe(200)
    expect(statuses(await tryWrongly(own, account.email, 5))).toEqual([401, 401, 401, 401, 401])
  })

  test('it is forgotten after a day without a refusal', async () => {
    const { own, account } = await stoppedServer()
    await tryWrongly(own, account.email, 5)
    await own.time.advance({ seconds: 24 * 3600 })

    expect(statuses(await tryWrongly(own, account.email, 6))).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('a malformed request and a refused origin are no tries', async () => {
    const { own, account } = await stoppedServer()
    const client = own.client()
    for (let attempt = 0; attempt < 6; attempt++) {
      await client.send('/api/auth/login', { json: { email: account.email, password: 7 } })
      const json = { email: account.email, password: wrong, transport: 'cookie' }
      await client.send('/api/auth/login', { json, headers: { origin: 'https://evil.example' } })
    }

    expect((await client.login(account)).headers.get('ratelimit')).toBe('"sign-in-address";r=19;t=300')
    expect(await own.database.sql('SELECT key FROM attempt_budgets WHERE refused > 0')).toEqual([])
  })
})

describe('the budget of an address block', () => {
  test('twenty refused tries in five minutes, whatever account they name; other blocks go on', async () => {
    const { own, account } = await stoppedServer()
    const client = own.client({ address: '198.51.100.7' })
    for (let attempt = 0; attempt < 20; attempt++) {
      expect((await client.login({ email: newAccount().email, password: wrong })).status).toBe(401)
    }
    const before = await passwordWorkSoFar(own.runtime)
    const watched = watchDatabase(own.runtime)

    for (const attempt of ['the first beyond', 'the second']) {
      const refused = await client.login(account)
      expect(refused, attempt).toBeProblem(429, 'rate_limited')
      const seconds = Number(refused.headers.get('retry-after'))
      expect(seconds).toBeGreaterThan(290)
      expect(seconds).toBeLessThanOrEqual(300)
      expect(refused.headers.get('ratelimit')).toBe(`"sign-in-address";r=0;t=${seconds}`)
      expect(refused.headers.get('ratelimit-policy')).toContain('"sign-in-address";q=20;w=300')
    }
    expect(watched.names).toHaveLength(2)
    expect(await passwordWorkSoFar(own.runtime)).toBe(before)
    expect((await own.client({ address: '198.51.100.8' }).login(account)).status).toBe(200)

    await own.time.advance({ seconds: 300 })
    expect((await client.login(account)).status).toBe(200)
  })

  test('the addresses of one IPv6 /64 are one block', async () => {
    const { own, account } = await stoppedServer()
    for (let host = 1; host <= 20; host++) {
      const client = own.client({ address: `2001:db8:1:2:${host.toString(16)}::1` })
      expect((await client.login({ email: newAccount().email, password: wrong })).status).toBe(401)
    }

    const neighbour = own.client({ address: '2001:0DB8:1:2:ffff:ffff:ffff:ffff' })
    expect(await neighbour.login(account)).toBeProblem(429, 'rate_limited')
    expect((await own.client({ address: '2001:db8:1:3::1' }).login(account)).status).toBe(200)
  })

  test('all /64 of one IPv6 /48 together have two hundred, and then cost no further query', async () => {
    const { own, account } = await stoppedServer()
    await own.database.sql(
      `INSERT INTO attempt_budgets (key, refused, forgotten_at)
       VALUES ('address:2001:db8:48::/48', 190, app_now() + interval '5 min')`,
    )
    for (let block = 1; block <= 10; block++) {
      const client = own.client({ address: `2001:db8:48:f${block}::1` })
      const answer = await client.login({ email: newAccount().email, password: wrong })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('ratelimit')).toBe(
        block === 10 ? '"sign-in-site";r=0;t=300' : `"sign-in-site";r=${10 - block};t=300`,
      )
    }
    const before = await passwordWorkSoFar(own.runtime)

    expect(await own.client({ address: '2001:db8:48:aaaa::1' }).login(account)).toBeProblem(
      429,
      'rate_limited',
    )
    const watched = watchDatabase(own.runtime)
    expect(await own.client({ address: '2001:db8:48:bbbb::1' }).login(account)).toBeProblem(
      429,
      'rate_limited',
    )

    expect(watched.names).toEqual([])
    expect(await passwordWorkSoFar(own.runtime)).toBe(before)
    expect((await own.client({ address: '2001:db8:49::1' }).login(account)).status).toBe(200)
  })

  test('a used-up account does not use up the block of who asks for it', async () => {
    const { own, account } = await stoppedServer()
    const client = own.client()
    for (let attempt = 0; attempt < 30; attempt++)
      await client.login({ email: account.email, password: wrong })

    expect((await client.login(await accountOn(own))).status).toBe(200)
  })
})

describe('a browser that has signed in before', () => {
  test('still gets in while a stranger has used up the budget of the account, and nobody else does', async () => {
    const { own } = await stoppedServer()
    const owner = own.client()
    const account = await signIn(owner, 'cookie')
    expect(statuses(await tryWrongly(own, account.email, 6))).toEqual([401, 401, 401, 401, 401, 429])

    expect((await owner.login({ ...account, transport: 'cookie' })).status).toBe(200)
    expect((await owner.login({ ...account, email: account.username, transport: 'cookie' })).status).toBe(200)
    expect(await own.client().login(account)).toBeProblem(429, 'rate_limited')
  })

  test('has a budget of its own, not an unlimited one', async () => {
    const { own } = await stoppedServer()
    const owner = own.client()
    const account = await signIn(owner, 'cookie')
    const answers: TestAnswer[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      answers.push(await owner.login({ email: account.email, password: wrong, transport: 'cookie' }))
    }

    expect(statuses(answers)).toEqual([401, 401, 401, 401, 401, 429])
    expect((await own.client().login(account)).status).toBe(200)
  })

  test('is known for that account only: its cookie opens no second budget for another', async () => {
    const { own, account: victim } = await stoppedServer()
    const attacker = own.client()
    await signIn(attacker, 'cookie')
    await tryWrongly(own, victim.email, 5)

    const answer = await attacker.login({ email: victim.email, password: wrong, transport: 'cookie' })

    expect(answer).toBeProblem(429, 'rate_limited')
  })

  test('is a stranger again once the password is changed or all other sessions are ended', async () => {
    const { own } = await stoppedServer()
    const former = own.client()
    const account = await signIn(former, 'cookie')
    const owner = own.client()
    await owner.login(account)
    const changed = { ...account, password: 'another quiet harbour by the sea' }
    const endings = [
      () =>
        owner.send('/api/auth/change-password', {
          json: { current_password: account.password, new_password: changed.password },
        }),
      () => owner.send('/api/auth/sessions', { method: 'DELETE' }),
    ]
    for (const end of endings) {
      await tryWrongly(own, account.email, 5)
      expect((await former.login({ ...account, password: wrong, transport: 'cookie' })).status).toBe(401)
      expect((await end()).status).toBe(200)

      expect(await former.login({ ...account, password: wrong, transport: 'cookie' })).toBeProblem(
        429,
        'rate_limited',
      )
      await own.time.advance({ seconds: 1 })
      expect((await former.login({ ...changed, transport: 'cookie' })).status).toBe(200)
    }
  })

  test('is known by a cookie that cannot be made up', async () => {
    const { own } = await stoppedServer()
    const owner = own.client()
    const account = await signIn(owner, 'cookie')
    const genuine = owner.cookies.get('device_8000') ?? ''
    await tryWrongly(own, account.email, 5)
    const [id = '', mark = ''] = genuine.split('.')
    const forged = [`${'A'.repeat(22)}.${mark}`, `${id}.${'A'.repeat(43)}`, id, `${id}.`, `${genuine}x`]
    for (const value of forged) {
      const headers = { cookie: `device_8000=${value}` }
      const answer = await own.client().send('/api/auth/login', { json: account, headers })
      expect(answer, value).toBeProblem(429, 'rate_limited')
    }
    const headers = { cookie: `device_8000=${genuine}` }
    expect((await own.client().send('/api/auth/login', { json: account, headers })).status).toBe(200)
  })
})

describe('while the store of the tries is down', () => {
  test('this process goes on counting by itself: five for an account, and says so in the log', async () => {
    const own = await serverForThisTest()
    const account = await accountOn(own)
    const other = await accountOn(own)
    await own.database.sql('ALTER TABLE attempt_budgets RENAME TO attempt_budgets_gone')
    expect((await own.client().login(account)).status).toBe(200)

    expect(statuses(await tryWrongly(own, account.email, 5))).toEqual([401, 401, 401, 401, 401])
    const before = await passwordWorkSoFar(own.runtime)
    for (const password of [wrong, account.password]) {
      const refused = await own.client().login({ email: account.username, password })
      expect(refused).toBeProblem(429, 'rate_limited')
    }

    expect(await passwordWorkSoFar(own.runtime)).toBe(before)
    expect((await own.client().login(other)).status).toBe(200)
    expect(own.logs.map(({ event }) => event)).toContain('attempts_store_down')
  })

  test('twenty for an address, and fifty parallel tries at one account still reach the password five times', async () => {
    const own = await serverForThisTest()
    const account = await accountOn(own)
    await own.database.sql('ALTER TABLE attempt_budgets RENAME TO attempt_budgets_gone')

    const parallel = await Promise.all(
      Array.from({ length: 50 }, () => own.client().login({ email: account.email, password: wrong })),
    )
    expect(statuses(parallel).filter((status) => status === 401)).toHaveLength(5)

    const client = own.client()
    for (let attempt = 0; attempt < 20; attempt++) {
      expect((await client.login({ email: newAccount().email, password: wrong })).status).toBe(401)
    }
    expect(await client.login(account)).toBeProblem(429, 'rate_limited')
  })
})
