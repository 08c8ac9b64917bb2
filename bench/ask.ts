import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** One request, as the generator repeats it. */
export interface Call {
  url: string
  /** GET unless said otherwise. */
  method?: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
}

export interface Answer {
  /** Lines of Set-Cookie. */
  cookies: readonly string[]
  body: string
}

/**
 * Asks once, on a connection of its own: one that is kept may be closed by the server while a measurement runs.
 *
 * @throws Error with the answer, unless it is 200
 */
export async function ask({ url, method = 'GET', headers, body = '' }: Call): Promise<Answer> {
  const length = method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers: { ...headers, ...length }, agent: false }, (response) => {
      text(response).then((answer) => {
        const { statusCode, headers } = response
        if (statusCode === 200) resolve({ cookies: headers['set-cookie'] ?? [], body: answer })
        else reject(new Error(`${url} answered ${statusCode}: ${answer}`))
      }, reject)
    })
    asking.once('error', reject)
    asking.end(body)
  })
}

/** @returns the status of a GET, or 0 when nobody answers within a second */
export function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const asking = request(url, { agent: false, timeout: 1000 }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asking.once('timeout', () => asking.destroy())
    asking.once('error', () => resolve(0))
    asking.end()
  })
}
