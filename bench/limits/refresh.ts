// The bare program for `refresh`: the server's own statement through pg, one HMAC to check, one to make, one ES256
// signature.
import { createHmac, generateKeyPairSync, sign, timingSafeEqual } from 'node:crypto'
import pg from 'pg'
import type { Connection } from '#db/connection.ts'
import { presentRefreshGeneration } from '#db/queries/session-use.ts'
import { serve } from './serve.ts'

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
const connection = {
  run: async (query: pg.QueryConfig) => (await pool.query(query)).rows,
} as unknown as Connection
const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: 'bare' })

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

function refreshToken(sessionId: string, generation: number): string {
  const sessionKey = createHmac('sha256', 'a key of the bare program').update(sessionId).digest()
  const mac = createHmac('sha256', sessionKey).update(`${sessionId}|${generation}`).digest('base64url')
  return `${sessionId}.${generation}.${mac}`
}

serve(async ({ method, url = '' }, body) => {
  // GET /<session id> makes the first token of a session.
  if (method === 'GET') return url === '/' ? {} : { refresh_token: refreshToken(url.slice(1), 1) }
  const presented = String(JSON.parse(body).refresh_token)
  const [sessionId = '', generation = ''] = presented.split('.')
  const wanted = Buffer.from(refreshToken(sessionId, Number(generation)))
  if (!timingSafeEqual(wanted, Buffer.from(presented))) throw new Error('forged')
  const position = { sessionId, generation: Number(generation), roleLimits: [] }
  const row = await presentRefreshGeneration(connection, position)
  if (!row) throw new Error('no such session')
  const { user, session } = row
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    sub: String(user.id),
    sid: sessionId,
    sep: session.epoch,
    roles: user.roles,
    amr: session.amr,
  }
  const signed = `${header}.${encode({ ...claims, iss: 'bare', aud: 'bare', iat: now, exp: now + 600, auth_time: now })}`
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return {
    access_token: `${signed}.${signature.toString('base64url')}`,
    refresh_token: refreshToken(sessionId, session.generation),
    token_type: 'bearer',
    expires_in: 600,
    user: {
      id: user.id,
      email: user.email,
      username: user.username,
      roles: user.roles,
      email_verified: false,
    },
  }
})
