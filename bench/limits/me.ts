// The bare program for `me`: like the server, it verifies a token once and remembers it by its digest, reads a session
// once and keeps it, and looks at both ends of its life at every request. Nothing ever tells it that a session ended.
import { createPublicKey, hash, verify } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import pg from 'pg'

const { PORT, DATABASE_URL, JWKS = '' } = process.env
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 })
const keys = new Map<string, ReturnType<typeof createPublicKey>>(
  JSON.parse(JWKS).keys.map((jwk: { kid: string }) => [
    jwk.kid,
    createPublicKey({ key: jwk, format: 'jwk' }),
  ]),
)

interface Claims {
  sid: string
  exp: number
}

interface Session {
  expires_at: Date
  idle_until: Date
}

const verified = new Map<string, Claims>()
const sessions = new Map<string, { session: Session; answer: object }>()

const text = `
  SELECT s.id, s.kind, s.created_at, s.expires_at, s.idle_until, s.amr, u.id AS user_id, u.email, u.username,
         u.email_verified_at, u.created_at AS user_created_at,
         ARRAY(SELECT r.name FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id = u.id) AS roles
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.id = $1 AND s.ended_at IS NULL AND s.session_epoch = u.session_epoch AND u.disabled_at IS NULL`

createServer((request, response) => {
  me(request).then(
    (answer) => {
      const body = JSON.stringify(answer)
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    },
    () => response.writeHead(401).end(),
  )
}).listen(Number(PORT), '127.0.0.1')

async function me({ headers }: IncomingMessage): Promise<object> {
  const token = String(headers.authorization).slice('Bearer '.length)
  const digest = hash('sha256', token, 'base64url')
  const claims = verified.get(digest) ?? read(token)
  verified.set(digest, claims)
  const now = Date.now()
  if (claims.exp * 1000 < now) throw new Error('expired')
  const kept = sessions.get(claims.sid) ?? (await load(claims.sid))
  const { session, answer } = kept
  if (session.expires_at.getTime() < now || session.idle_until.getTime() < now) throw new Error('ended')
  return answer
}

async function load(sid: string) {
  const { rows } = await pool.query({ name: 'me', text, values: [sid] })
  const [row] = rows
  const { kind, created_at, expires_at, amr } = row
  const answer = {
    id: Number(row.user_id),
    email: row.email,
    username: row.username,
    roles: row.roles,
    email_verified: row.email_verified_at !== null,
    created_at: row.user_created_at,
    session: { id: row.id, kind, created_at, expires_at, amr },
  }
  const kept = { session: row as Session, answer }
  sessions.set(sid, kept)
  return kept
}

function read(token: string): Claims {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const { kid } = JSON.parse(String(Buffer.from(header, 'base64url')))
  const key = keys.get(kid)
  const signed = Buffer.from(`${header}.${payload}`)
  if (!key) throw new Error('key')
  const how = { key, dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', signed, how, Buffer.from(signature, 'base64url'))) throw new Error('signature')
  return JSON.parse(String(Buffer.from(payload, 'base64url')))
}
