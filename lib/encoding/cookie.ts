/**
 * Attributes of a cookie. The type carries the rule of RFC 6265bis: a name with the prefix `__Host-` cannot be
 * written without `secure`, and no cookie of ours has a Domain or goes along with requests of other sites.
 */
export type CookieAttributes<Name extends string> = {
  sameSite: 'Lax' | 'Strict'
  /** Seconds; null: until the browser closes. */
  maxAgeSeconds: number | null
} & (Name extends `__Host-${string}` ? { secure: true } : { secure: boolean })

/** One Set-Cookie value: always HttpOnly, always Path=/, never a Domain. */
export function setCookie<Name extends string>(
  name: Name,
  value: string,
  attributes: CookieAttributes<Name>,
): string {
  const { sameSite, maxAgeSeconds, secure } = attributes
  const age = maxAgeSeconds === null ? '' : `; Max-Age=${maxAgeSeconds}`
  return `${name}=${value}; Path=/; HttpOnly; SameSite=${sameSite}${age}${secure ? '; Secure' : ''}`
}

/**
 * The value of a cookie in a Cookie header.
 *
 * @returns null when it is absent, and also when the name occurs twice: then one was planted, and nobody can tell which
 */
export function readCookie(header: string | null, name: string): string | null {
  if (!header) return null
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? (values[0] ?? null) : null
}
