// src/auth.js: signs in with tokens, from any origin that is let in.
const api = 'http://localhost:8000/api/auth'

let accessToken = null
let refreshing = null

async function call(method, path, body, token) {
  const answer = await fetch(api + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  })
  const data = await answer.json()
  // Of a refusal: status, code, detail to show, errors of fields.
  if (!answer.ok) throw Object.assign(new Error(data.detail), data)
  return data
}

function keep(tokens) {
  accessToken = tokens.access_token
  localStorage.setItem('refresh_token', tokens.refresh_token)
}

function kept() {
  return { refresh_token: localStorage.getItem('refresh_token') ?? '' }
}

function forget() {
  accessToken = null
  localStorage.removeItem('refresh_token')
}

/** A signed-in request. A token that has run out is replaced, once. */
export async function request(method, path, body) {
  if (!accessToken) await refresh()
  const used = accessToken
  try {
    return await call(method, path, body, used)
  } catch (error) {
    if (error.code !== 'token_expired') throw error
    // Another caller may have replaced it by now.
    if (accessToken === used) await refresh()
    return call(method, path, body, accessToken)
  }
}

/** Callers that come meanwhile share it. Other tabs may do the same. */
export function refresh() {
  refreshing ??= call('POST', '/refresh', kept())
    .then(keep)
    .finally(() => {
      refreshing = null
    })
  return refreshing
}

export function register(account) {
  return call('POST', '/register', account)
}

export async function login(email, password) {
  const answer = await call('POST', '/login', { email, password })
  keep(answer)
  return answer.user
}

/** The user, or null when nobody is signed in. */
export async function me() {
  if (!kept().refresh_token) return null
  try {
    return await request('GET', '/me')
  } catch (error) {
    // Only a 401 ends a session. After anything else, try again.
    if (error.status !== 401) throw error
    forget()
    return null
  }
}

export async function logout() {
  await call('POST', '/logout', kept(), accessToken)
  forget()
}
