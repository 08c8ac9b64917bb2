// src/auth.js: signs in with the cookie, from the same site.
const api = 'http://localhost:8000/api/auth'

/** A request with the cookie, which no script can read. */
export async function request(method, path, body) {
  const answer = await fetch(api + path, {
    method,
    credentials: 'include',
    headers: body && { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  const data = await answer.json()
  // Of a refusal: status, code, detail to show, errors of fields.
  if (!answer.ok) throw Object.assign(new Error(data.detail), data)
  return data
}

export function register(account) {
  return request('POST', '/register', account)
}

export async function login(email, password) {
  const credentials = { email, password, transport: 'cookie' }
  const answer = await request('POST', '/login', credentials)
  return answer.user
}

/** The user, or null when nobody is signed in. */
export async function me() {
  try {
    return await request('GET', '/me')
  } catch (error) {
    if (error.status !== 401) throw error
    return null
  }
}

/** For how long still (`expires_in`). Every request extends it by itself. */
export function refresh() {
  return request('POST', '/refresh')
}

export function logout() {
  return request('POST', '/logout')
}
