// The bare program for `me`: the least code that does the same work. One ES256 verification, one statement through
// pg, one JSON answer; no limits, no headers, no log, no metrics.
import { createPublicKey, verify } from 'node:crypto'
import { createServer } from 'node:http'
import pg from 'pg'

const { PORT, DATABASE_URL, JWKS } = process.env
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 })
const keys = new Map(
  JSON.parse(JWKS).keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]),
)

const text = `
  SELECT s.id, s.kind, s.created_at, s.expires_at, s.amr, u.id AS user_id, u.email, u.username, u.email_verified_at,
         u.created_at AS user_created_at,
         ARRAY(SELECT r.name FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id = u.id) AS roles
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > now() AND s.session_epoch = u.session_epoch
    AND u.disabled_at IS NULL AND u.deleted_at IS NULL`

createServer((request, response) => {
  me(request).then(
    (body) => send(response, 200, body),
    () => send(response, 401, { detail: 'unauthenticated' }),
  )
}).listen(Number(PORT), '127.0.0.1')

async function me(request) {
  const claims = read(request.headers.authorization.slice('Bearer '.length))
  const { rows } = await pool.query({ name: 'me', text, values: [claims.sid] })
  const [row] = rows
  return {
    id: Number(row.user_id),
    email: row.email,
    username: row.username,
    roles: row.roles,
    email_verified: row.email_verified_at !== null,
    created_at: row.user_created_at,
    session: {
      id: row.id,
      kind: row.kind,
      created_at: row.created_at,
      expires_at: row.expires_at,
      amr: row.amr,
    },
  }
}

function read(token) {
  const [header, payload, signature] = token.split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url'))
  const signed = Buffer.from(`${header}.${payload}`)
  const key = { key: keys.get(kid), dsaEncoding: 'ieee-p1363' }
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) throw new Error('signature')
  const claims = JSON.parse(Buffer.from(payload, 'base64url'))
  if (claims.exp * 1000 < Date.now()) throw new Error('expired')
  return claims
}

function send(response, status, value) {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
