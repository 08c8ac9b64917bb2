import { readCookie } from '#lib/encoding/cookie.ts'
import { type KnownDevice, readDevice } from '#lib/limits/known-device.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type PresentedCredential, readCredential } from '#lib/session/authenticate.ts'
import { deviceCookieName } from '#lib/session/session-cookie.ts'

/** The device that this browser proves to be, by its cookie. */
export function presentedDevice(
  { config }: Pick<Runtime, 'config'>,
  cookies: string | null,
): KnownDevice | null {
  const cookie = deviceCookieName(config.appUrl)
  return cookie && readDevice(readCookie(cookies, cookie.name))
}

/** The session of the cookie that this browser still carries: it must not live on beside a new one. */
export async function presentedSessionId(
  runtime: Runtime,
  credential: PresentedCredential,
): Promise<string | undefined> {
  if (credential.kind !== 'cookie') return undefined
  const read = await readCredential(runtime, credential)
  return read.kind === 'valid' ? read.claims.sessionId : undefined
}
