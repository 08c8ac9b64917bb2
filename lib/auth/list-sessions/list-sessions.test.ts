import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'

const server = useServer()
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

const path = '/api/auth/sessions'

/** The ids on each page, read one after the other. */
async function readPages(client: ApiClient, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = cursor === '' ? `limit=${limit}` : `limit=${limit}&cursor=${cursor}`
    const { body } = await client.send(`${path}?${query}`)
    pages.push(body.sessions.map(({ id }: { id: string }) => id))
    cursor = body.next_cursor
  }
  return pages
}

describe('the list of my sessions', () => {
  test('shows each live session with its device and address, the current one marked', async () => {
    const client = server.client({ address: '203.0.113.5' })
    const account = await signIn(client)
    const browser = server.client({ address: '2001:db8::7' })
    await browser.send('/api/auth/login', {
      json: { ...account, transport: 'cookie' },
      headers: { 'user-agent': firefox, 'sec-fetch-site': 'same-origin' },
    })

    const answer = await client.send('/api/auth/sessions')

    expect(answer.status).toBe(200)
    const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const times = { created_at: instant, last_used_at: instant, expires_at: instant }
    expect(answer.body.sessions).toHaveLength(2)
    expect(answer.body.sessions).toEqual(
      expect.arrayContaining([
        {
          id: client.refreshToken?.split('.')[0],
          current: true,
          kind: 'bearer',
          device: null,
          ip: '203.0.113.5',
          amr: ['pwd'],
          ...times,
        },
        {
          id: (await browser.me()).body.session.id,
          current: false,
          kind: 'cookie',
          device: 'Firefox on Linux',
          ip: '2001:db8::7',
          amr: ['pwd'],
          ...times,
        },
      ]),
    )
  })

  test('never holds a token, a cookie or a part of one', async () => {
    const client = server.client()
    const account = await signIn(client)
    const browser = server.client()
    await browser.login({ ...account, transport: 'cookie' })
    await client.refresh()

    const { text } = await client.send('/api/auth/sessions')

    const tokens = [client.accessToken, client.refreshToken, browser.cookies.get('session_8000')]
    for (const token of tokens) {
      const [, ...secretParts] = token?.split('.') ?? []
      for (const part of secretParts.filter((one) => one.length > 8)) expect(text).not.toContain(part)
    }
    expect(text).not.toMatch(/token|generation|epoch|hash|user_agent/)
  })

  test('holds no session of another user', async () => {
    const client = server.client()
    await signIn(client)
    const other = server.client()
    await signIn(other)

    const { body } = await client.send('/api/auth/sessions')

    expect(body.sessions).toHaveLength(1)
  })

  test('leaves out what has ended: signed out, idle, past its end, or of an epoch that is over', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client)
    const others = [own.client(), own.client(), own.client(), own.client()]
    for (const other of others) await other.login(account)
    await others[0]?.logout()
    const ids = others.map(({ refreshToken }) => refreshToken?.split('.')[0])
    await own.database.sql("UPDATE sessions SET idle_until = app_now() - interval '61 s' WHERE id = $1", [
      ids[1],
    ])
    await own.database.sql('UPDATE sessions SET expires_at = app_now() WHERE id = $1', [ids[2]])
    await own.database.sql('UPDATE sessions SET session_epoch = session_epoch - 1 WHERE id = $1', [ids[3]])

    const { body } = await client.send('/api/auth/sessions')

    expect(body.sessions).toMatchObject([{ current: true }])
  })

  test('begins with the one used last', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client)
    const other = own.client()
    await other.login(account)
    await own.time.advance({ seconds: 60 })
    await client.refresh()

    const { body } = await other.send('/api/auth/sessions')

    expect(body.sessions.map(({ current }: { current: boolean }) => current)).toEqual([false, true])
    expect(body.sessions[0].last_used_at > body.sessions[1].last_used_at).toBe(true)
  })

  test('is of a hundred at most, the ones used last, and always holds the current one', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    await signIn(client)
    const { body: me } = await client.me()
    await own.database.sql(
      `INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, idle_until, expires_at, last_used_at)
       SELECT gen_random_uuid(), user_id, kind, session_epoch, amr, idle_seconds, idle_until, expires_at,
         last_used_at + make_interval(secs => n)
       FROM sessions, generate_series(1, 150) AS n`,
    )

    const { body } = await client.send('/api/auth/sessions')

    const sessions: { id: string; current: boolean; last_used_at: string }[] = body.sessions
    expect(sessions).toHaveLength(100)
    expect(sessions.filter(({ current }) => current).map(({ id }) => id)).toEqual([me.session.id])
    expect(sessions.at(-1)?.current).toBe(true)
    const uses = sessions.map(({ last_used_at }) => Date.parse(last_used_at))
    expect(uses).toEqual(uses.toSorted((a, b) => b - a))
    expect((uses[0] ?? 0) - (uses.at(-1) ?? 0)).toBe(150_000)
    expect((uses[0] ?? 0) - (uses.at(-2) ?? 0)).toBe(98_000)
  })

  test('in pages of any size it shows each session once, the current one on the first page', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client)
    const currentId = (await client.me()).body.session.id
    const others = Array.from({ length: 6 }, () => own.client())
    for (const other of others) {
      await own.time.advance({ seconds: 1 })
      await other.login(account)
    }
    // Two that no time tells apart.
    await own.database.sql(
      'UPDATE sessions SET last_used_at = (SELECT max(last_used_at) FROM sessions) WHERE id = $1',
      [others[2]?.refreshToken?.split('.')[0]],
    )
    const whole = (await client.send(path)).body.sessions.map(({ id }: { id: string }) => id)
    expect(whole).toHaveLength(7)

    for (const limit of [1, 2, 3, 6, 7, 8]) {
      const pages = await readPages(client, limit)
      expect(pages.every((page) => page.length <= limit)).toBe(true)
      expect(pages).toHaveLength(Math.ceil(7 / limit))
      expect(pages[0]).toContain(currentId)
      const others = pages.flat().filter((id) => id !== currentId)
      expect(others).toEqual(whole.filter((id: string) => id !== currentId))
      expect(pages.flat()).toHaveLength(7)
    }
  })

  test('a page names the next one in a Link header, and the last page does not', async () => {
    const client = server.client()
    const account = await signIn(client)
    await server.client().login(account)

    const first = await client.send(`${path}?limit=1`)
    const [, next = ''] = /^<(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? []
    const second = await client.send(next)

    expect(next).toBe(`${path}?limit=1&cursor=${first.body.next_cursor}`)
    expect(second.body).toMatchObject({ sessions: [{ current: false }], next_cursor: null })
    expect(second.headers.get('link')).toBe(null)
  })

  test('a cursor of another session, or an invented one, leads nowhere', async () => {
    const client = server.client()
    const account = await signIn(client)
    const other = server.client()
    await other.login(account)
    const { next_cursor: cursor } = (await client.send(`${path}?limit=1`)).body

    for (const invented of ['', 'x', `${cursor}x`, cursor.replace(/\..*/, '.')]) {
      expect(await client.send(`${path}?cursor=${invented}`)).toBeProblem(400, 'invalid_cursor')
    }
    expect(await other.send(`${path}?cursor=${cursor}`)).toBeProblem(400, 'invalid_cursor')
    expect((await client.send(`${path}?limit=1&cursor=${cursor}`)).status).toBe(200)
  })

  test('a cursor is 400 however long it is: one that was cut or pasted twice is no other kind of mistake', async () => {
    const client = server.client()
    await signIn(client)

    for (const length of [499, 500, 501, 4000]) {
      const answer = await client.send(`${path}?cursor=${'x'.repeat(length)}`)
      expect(answer, `${length} characters`).toBeProblem(400, 'invalid_cursor')
    }
  })

  test.each([
    'limit=0',
    'limit=0x10',
    'limit=1e1',
    'limit=%207%20',
    'limit=101',
    'limit=x',
    'limit=',
    'limit=1.5',
    'limit=1&limit=1',
    'sort=id',
  ])('a query of the wrong form is refused: %s', async (query) => {
    const client = server.client()
    await signIn(client)
    const answer = await client.send(`${path}?${query}`)

    expect(answer).toBeProblem(422, 'invalid_request')
    expect(answer.body.errors).toMatchObject([{ field: query.replace(/=.*/, '') }])
  })

  test('the use of a session shows there once it is written, but not the polling of the pages', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    await signIn(client, 'cookie')
    const lastUse = async () => {
      await own.runtime.touches.flush()
      const { body } = await client.send('/api/auth/sessions', { headers: { 'x-passive': '1' } })
      return body.sessions[0].last_used_at
    }
    const atSignIn = await lastUse()
    await own.time.advance({ seconds: 60 })
    expect(await lastUse()).toBe(atSignIn)

    await client.me()

    expect((await lastUse()) > atSignIn).toBe(true)
  })

  test('without a session it is 401', async () => {
    expect(await server.client().send('/api/auth/sessions')).toBeProblem(401, 'unauthenticated')
  })
})
