import fc from 'fast-check'
import { deriveRefreshToken } from '#lib/crypto/refresh-token.ts'
import type { ApiClient, Credentials } from './api-client.ts'
import { caughtUp } from './caught-up.ts'
import type { TestAnswer } from './check-answer.ts'
import { serverBeside, serverForThisTest, type TestServer, testAppUrl } from './harness.ts'
import {
  authenticate,
  begin,
  type Expected,
  endingOf,
  type ModelSession,
  type ModelUser,
  moveEpoch,
  refresh,
} from './session-model.ts'

type Step =
  | { do: 'signIn'; user: number; kind: 'bearer' | 'cookie' }
  | { do: 'me' | 'refresh' | 'signOut' | 'endOthers' | 'changePassword'; session: number }
  | { do: 'refreshOther'; session: number; offset: number }
  | { do: 'endOne'; session: number; other: number }
  | { do: 'disable' | 'role'; user: number }
  | { do: 'pass'; seconds: number }

const nat = (max: number) => fc.nat({ max })
const session = nat(7)
const user = nat(1)
const step: fc.Arbitrary<Step & { on: number }> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('signIn' as const),
        user,
        kind: fc.constantFrom('bearer' as const, 'cookie' as const),
      }),
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('me' as const), session }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('refresh' as const), session }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('refreshOther' as const),
        session,
        offset: fc.integer({ min: -5, max: 2 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('signOut' as const), session }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('endOne' as const), session, other: session }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('endOthers' as const), session }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('changePassword' as const), session }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('disable' as const), user }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('role' as const), user }) },
    // No sums of these come near the end of a window, so that the run's own seconds decide nothing.
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('pass' as const),
        seconds: fc.constantFrom(40, 400, 20_000, 200_000, 700_000),
      }),
    },
  )
  .chain((one) => nat(1).map((on) => ({ ...one, on })))

interface LiveUser {
  model: ModelUser
  id: number
  account: Credentials
}

/** A session as its app or browser holds it, and as the model has it. */
interface LiveSession {
  model: ModelSession
  user: LiveUser
  id: string
  accessToken: string | null
  cookies: Map<string, string>
  /** When the access token was issued. */
  issuedAt: number
}

/**
 * Runs random histories on two processes over one database.
 *
 * @returns how many answers agreed
 * @throws the shortest history in which an answer is not the model's
 */
export async function requireModelAgreement(runs: number, stepsMax: number, seed: number): Promise<number> {
  const here = await serverForThisTest()
  const there = await serverBeside(here)
  let answers = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: stepsMax }), async (steps) => {
      const history = new History([here, there], [await newUser(here), await newUser(here)])
      for (const one of steps) {
        await history.take(one)
        answers += 1
      }
    }),
    { numRuns: runs, seed },
  )
  return answers
}

class History {
  private readonly sessions: LiveSession[] = []
  private readonly servers: readonly [TestServer, TestServer]
  private readonly users: readonly LiveUser[]
  private now = 0

  constructor(servers: readonly [TestServer, TestServer], users: readonly LiveUser[]) {
    this.servers = servers
    this.users = users
  }

  async take(one: Step & { on: number }): Promise<void> {
    if (one.do === 'pass') await this.pass(one.seconds)
    else if ('user' in one) await this.takeByUser(one, this.users[one.user % this.users.length] as LiveUser)
    else {
      const session = this.sessions[one.session % Math.max(1, this.sessions.length)]
      if (session) await this.takeBySession(one, session)
    }
    for (const { runtime } of this.servers) {
      await runtime.touches.flush()
      await caughtUp(runtime)
    }
  }

  private async pass(seconds: number): Promise<void> {
    this.now += seconds
    for (const { time } of this.servers) await time.advance({ seconds })
  }

  private async takeByUser(
    one: Extract<Step, { user: number }> & { on: number },
    user: LiveUser,
  ): Promise<void> {
    const [{ database }] = this.servers
    if (one.do === 'signIn') return this.signIn(one.kind, one.on, user)
    if (one.do === 'disable') {
      user.model.isDisabled = !user.model.isDisabled
      await database.sql('UPDATE users SET disabled_at = CASE WHEN $2 THEN now() END WHERE id = $1', [
        user.id,
        user.model.isDisabled,
      ])
    } else if (user.model.roles.delete('STAFF')) {
      await database.sql('DELETE FROM user_roles WHERE user_id = $1 AND role_id = 1', [user.id])
    } else {
      user.model.roles.add('STAFF')
      await database.sql('INSERT INTO user_roles (user_id, role_id) VALUES ($1, 1)', [user.id])
    }
  }

  private async signIn(kind: ModelSession['kind'], on: number, user: LiveUser): Promise<void> {
    const client = this.server(on).client()
    const answer = await client.login({ ...user.account, transport: kind })
    if (user.model.isDisabled) return agree('sign in', answer, { status: 403, code: 'account_disabled' })
    agree('sign in', answer, { status: 200 })
    const me = await client.me()
    this.sessions.push({
      model: begin(user.model, kind, this.now),
      user,
      id: me.body.session.id,
      accessToken: client.accessToken,
      cookies: client.cookies,
      issuedAt: this.now,
    })
  }

  private async takeBySession(
    one: Extract<Step, { session: number }> & { on: number },
    session: LiveSession,
  ): Promise<void> {
    const client = this.clientOf(session, one.on)
    const { model } = session
    if (one.do === 'refresh') return this.refresh(session, one.on, model.generation)
    if (one.do === 'refreshOther')
      return this.refresh(session, one.on, Math.max(1, model.generation + one.offset))
    if (one.do === 'signOut') {
      agree('sign out', await client.logout(), { status: 200 })
      // What its user's epoch has ended keeps that reason.
      if (model.epoch === session.user.model.epoch) model.ended ??= 'signed_out'
      return
    }
    const expected = authenticate(model, session.issuedAt, this.now)
    if (one.do === 'me') {
      const answer = await client.me()
      agree('me', answer, expected)
      if (
        answer.status === 200 &&
        answer.body.roles.join() !== [...session.user.model.roles].toSorted().join()
      )
        throw new Error(`me tells the roles ${answer.body.roles}`)
    } else if (one.do === 'endOne') await this.endOne(session, client, one.other, expected)
    else if (one.do === 'endOthers') {
      agree('end others', await client.send('/api/auth/sessions', unsafe('DELETE')), expected)
      if (expected.status === 200) moveEpoch(session.user.model, model, 'revoked_by_user')
    } else await this.changePassword(session, client, expected)
  }

  private async refresh(session: LiveSession, on: number, generation: number): Promise<void> {
    const client = this.clientOf(session, on)
    const { roots } = this.server(on).runtime
    const isBearer = session.model.kind === 'bearer'
    const refreshToken = deriveRefreshToken(roots, { sessionId: session.id, generation }).reveal()
    const answer = isBearer
      ? await client.refresh({ refreshToken })
      : await client.send('/api/auth/refresh', unsafe('POST'))
    const expected = refresh(session.model, generation, this.now)
    agree(`refresh of generation ${generation}`, answer, expected)
    if (expected.status !== 200 || !isBearer) return
    const current = deriveRefreshToken(roots, { sessionId: session.id, generation: session.model.generation })
    if (answer.body.refresh_token !== current.reveal()) throw new Error('not the successor everyone gets')
    session.accessToken = answer.body.access_token
    session.issuedAt = this.now
  }

  private async endOne(
    session: LiveSession,
    client: ApiClient,
    which: number,
    expected: Expected,
  ): Promise<void> {
    const other = this.sessions[which % this.sessions.length] as LiveSession
    const isTheirs = other.user === session.user && endingOf(other.model, this.now) === null
    const answer = await client.send(`/api/auth/sessions/${other.id}`, unsafe('DELETE'))
    if (expected.status !== 200) return agree('end one', answer, expected)
    agree('end one', answer, isTheirs ? { status: 200 } : { status: 404, code: 'not_found' })
    if (isTheirs) other.model.ended = other === session ? 'signed_out' : 'revoked_by_user'
  }

  private async changePassword(session: LiveSession, client: ApiClient, expected: Expected): Promise<void> {
    const { user, model } = session
    const newPassword = `${user.account.password}+`
    const answer = await client.send('/api/auth/change-password', {
      ...unsafe('POST'),
      json: { current_password: user.account.password, new_password: newPassword },
    })
    agree('change password', answer, expected)
    if (expected.status !== 200) return
    user.account.password = newPassword
    moveEpoch(user.model, model.kind === 'bearer' ? model : null, 'password_changed')
    if (model.kind === 'bearer') return
    // The cookie session goes on under a new id.
    session.model = begin(user.model, 'cookie', this.now)
    session.cookies = client.cookies
    session.id = (await client.me()).body.session.id
  }

  private server(on: number): TestServer {
    return this.servers[on % 2] as TestServer
  }

  private clientOf(session: LiveSession, on: number): ApiClient {
    const client = this.server(on).client()
    client.accessToken = session.accessToken
    for (const [name, value] of session.cookies) client.cookies.set(name, value)
    return client
  }
}

function unsafe(method: string) {
  return { method, headers: { origin: testAppUrl } }
}

function agree(what: string, { status, body }: TestAnswer, expected: Expected): void {
  const given = status === 200 ? { status } : { status, code: body.code, reason: body.ended_reason }
  const wanted = status === 200 ? { status: expected.status } : { reason: undefined, ...expected }
  if (JSON.stringify(sorted(given)) === JSON.stringify(sorted(wanted))) return
  throw new Error(`${what}: the model says ${JSON.stringify(expected)}, the server ${JSON.stringify(given)}`)
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

async function newUser(server: TestServer): Promise<LiveUser> {
  const { account } = await server.client().register()
  const [row] = await server.database.sql<{ id: number }>('SELECT id::integer FROM users WHERE email = $1', [
    account.email,
  ])
  return {
    account,
    id: row?.id ?? 0,
    model: { epoch: 0, reasons: new Map(), isDisabled: false, roles: new Set(['USER']) },
  }
}
