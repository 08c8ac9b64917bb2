/**
 * An answer as plain data. It becomes a Response once, at the end: a Headers object that is made early and changed
 * on the way costs more than the rest of a signed-in request.
 */
export interface Reply {
  status: number
  headers: Record<string, string>
  cookies: readonly string[]
  body: string | Uint8Array<ArrayBuffer> | null
  /** What a form of our pages gets instead of being led on. */
  asForm?: Reply
}

export function toResponse(reply: Reply): Response {
  const { status, headers, cookies, body } = reply
  if (cookies.length === 0) return new Response(body, { status, headers })
  const many = new Headers(headers)
  for (const cookie of cookies) many.append('set-cookie', cookie)
  return new Response(body, { status, headers: many })
}

/** @param body  JSON */
export function jsonReply(status: number, body: string, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    cookies: [],
    body,
  }
}
