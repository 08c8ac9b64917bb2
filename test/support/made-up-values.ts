const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Of the form of an access token, and plainly none: it verifies nowhere. */
const accessToken = [
  encode({ alg: 'ES256', typ: 'at+jwt', kid: 'example' }),
  encode({ sub: '42', example: 'not a token' }),
  'x'.repeat(86),
].join('.')

const linkToken = `0199c0de-0000-7000-8000-000000000002.1.${'x'.repeat(43)}`

const requestId = '0199c0de-0000-7000-8000-0000000000ff'

/** By the name of the field: what stands for its value in an example. */
const standIns: Record<string, unknown> = {
  access_token: accessToken,
  refresh_token: `0199c0de-0000-7000-8000-000000000001.1.7.${'x'.repeat(43)}`,
  token: 'x'.repeat(43),
  code_verifier: 'y'.repeat(43),
  url: 'https://accounts.example.com/authorize?client_id=example',
  linked_at: '2026-01-15T09:30:00.000Z',
  request_id: requestId,
  link: `http://localhost:8000/verify?token=${linkToken}`,
  html: '<!doctype html>…',
  text: 'Verify your email address …',
  exported_at: '2026-01-15T10:02:11.000Z',
  occurred_at: '2026-01-15T09:30:00.000Z',
  sent_at: '2026-01-15T09:30:01.000Z',
  password_changed_at: '2026-01-15T09:30:00.000Z',
  created_at: '2026-01-15T09:30:00.000Z',
  last_used_at: '2026-01-15T10:02:10.000Z',
  expires_at: '2026-02-14T09:30:00.000Z',
  next_cursor: `${Buffer.from('["example"]').toString('base64url')}.${'x'.repeat(43)}`,
  kid: 'x'.repeat(43),
  x: 'x'.repeat(43),
  y: 'y'.repeat(43),
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * A real body with whatever is secret, or differs from run to run, replaced by made-up values of the same form. What
 * it does not know stays, so that a new field of either kind shows at the next run.
 */
export function withMadeUpValues(body: unknown): unknown {
  const ids = new Map<string, string>()
  const replace = (name: string, value: unknown): unknown => {
    if (name === 'token' && String(value).includes('.')) return linkToken
    if (name === 'code' && /^[\w-]{43}$/.test(String(value))) return 'x'.repeat(43)
    // The codes of refusals are words.
    if (name === 'code' && /^\d{6}$/.test(String(value))) return '123456'
    if (value !== null && name in standIns) return standIns[name]
    if (name === 'id' && typeof value === 'number') return 42
    if ((name === 'id' || name === 'session_id') && typeof value === 'string' && uuid.test(value))
      return idFor(ids, value)
    if (Array.isArray(value)) return value.map((one) => replace('', one))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replace(key, one)]))
  }
  return replace('', body)
}

/** The same id for the same id, counted in the order of appearance. */
function idFor(ids: Map<string, string>, id: string): string {
  const known = ids.get(id) ?? `0199c0de-0000-7000-8000-${String(ids.size + 1).padStart(12, '0')}`
  ids.set(id, known)
  return known
}
