import type { Config } from '#lib/config/config.ts'

/** Idle limit of a sign-in without "remember me". */
const forgetfulIdleSeconds = 12 * 3600

/**
 * How long a new session may be unused, and how long it may live at all, in seconds.
 *
 * @param remember  false: the browser forgets the cookie when it closes, and the server after half a day of disuse
 */
export function sessionLifetime(
  config: Pick<Config['session'], 'idleSeconds' | 'absoluteSeconds'>,
  remember: boolean,
) {
  const idleSeconds = remember ? config.idleSeconds : Math.min(config.idleSeconds, forgetfulIdleSeconds)
  return { idleSeconds, absoluteSeconds: config.absoluteSeconds }
}
