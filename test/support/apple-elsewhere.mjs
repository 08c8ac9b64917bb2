// Loaded before a server of the tests (--import): what it asks of Apple, it asks of the provider at APPLE_ELSEWHERE.
const apple = 'https://appleid.apple.com'
const elsewhere = process.env.APPLE_ELSEWHERE
const { fetch } = globalThis

globalThis.fetch = (input, init = {}) => {
  const url = String(input instanceof Request ? input.url : input)
  if (!url.startsWith(`${apple}/`)) return fetch(input, init)
  const headers = new Headers(init.headers)
  headers.set('x-forwarded-proto', 'https')
  headers.set('x-forwarded-host', new URL(apple).host)
  return fetch(url.replace(apple, elsewhere), { ...init, headers })
}
