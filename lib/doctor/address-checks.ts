import { listSigningKeys } from '#db/queries/signing-keys.ts'
import { trustsNobody } from '#lib/config/behind-proxy.ts'
import { isLoopbackUrl } from '#lib/config/loopback.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type Finding, failed, messageOf, ok, warning } from './finding.ts'

const answerMsMax = 5000

/** Without it nginx passes on what clients write. */
const nginxSets = 'nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'

/** Does a server on this database answer at its public address? */
export async function checkAddress(runtime: Runtime): Promise<Finding> {
  return { check: 'address', ...(await reachOurselves(runtime)) }
}

/** Does the server know who its clients are? */
export function checkProxy({ config }: Pick<Runtime, 'config'>): Finding {
  const check = 'proxy'
  const { appUrl, trustedProxies } = config
  if (appUrl.startsWith('https:') && trustsNobody(config)) {
    return warning(
      check,
      'APP_URL is https, so a proxy is in front, and TRUST_PROXY is not set: all users share one rate limit',
      `TRUST_PROXY=1 (the number of proxies in front), or their addresses; the proxy has to set X-Forwarded-For (${nginxSets}).`,
    )
  }
  if (trustsNobody(config)) return ok(check, 'None in front; X-Forwarded-For is not believed')
  const trusted =
    trustedProxies.kind === 'hops' ? `the last ${trustedProxies.hops}` : trustedProxies.blocks.join(', ')
  return ok(check, `X-Forwarded-For is believed from ${trusted}, which has to set it (${nginxSets})`)
}

type Reached = Pick<Finding, 'state' | 'detail'> & { fix?: string }

async function reachOurselves({ config, database }: Runtime): Promise<Reached> {
  const { appUrl, accessToken } = config
  try {
    const answer = await fetch(`${appUrl}/.well-known/jwks.json`, {
      signal: AbortSignal.timeout(answerMsMax),
      redirect: 'manual',
    })
    if (answer.status === 421) {
      const fix =
        'The proxy has to pass the Host header on (nginx: proxy_set_header Host $host;), or name the one it sends in ALLOWED_HOSTS.'
      return { state: 'failed', detail: `${appUrl} answers 421: the proxy changes the Host header`, fix }
    }
    const shown = answer.status === 200 ? await kidsOf(answer) : null
    const own =
      accessToken.algorithm === 'ES256' ? (await listSigningKeys(database)).map(({ kid }) => kid) : []
    if (shown && own.some((kid) => shown.includes(kid)) === own.length > 0)
      return { state: 'ok', detail: `A server on this database answers at ${appUrl}` }
    const fix = `Let ${appUrl} lead to this server, or set APP_URL to where it is.`
    const detail = shown
      ? `The server at ${appUrl} shows other keys: it uses another database`
      : `What answers at ${appUrl} (status ${answer.status}) is not this product`
    return { state: 'failed', detail, fix }
  } catch (error) {
    const fix = 'Start the server. If it runs: look at DNS, certificate and proxy from this machine.'
    return { state: 'warning', detail: `Nobody answers at ${appUrl}: ${messageOf(error)}`, fix }
  }
}

async function kidsOf(answer: Response): Promise<string[] | null> {
  const body: unknown = await answer.json().catch(() => null)
  const keys = body && typeof body === 'object' && 'keys' in body ? body.keys : null
  if (!Array.isArray(keys)) return null
  return keys.flatMap((key: unknown) =>
    key && typeof key === 'object' && 'kid' in key && typeof key.kid === 'string' ? [key.kid] : [],
  )
}

/** Are the front ends that may call with credentials ones that one can trust? */
export function checkOrigins({ config }: Pick<Runtime, 'config'>): Finding {
  const check = 'origins'
  const { allowedOrigins, appUrl, mode } = config
  if (mode !== 'strict') return ok(check, `In ${mode} mode every page on this machine may call`)
  if (allowedOrigins.length === 0)
    return ok(check, `Only pages of ${appUrl}; name other front ends in ALLOWED_ORIGINS`)
  const own = allowedOrigins.filter(isLoopbackUrl)
  const plain = allowedOrigins.filter((origin) => origin.startsWith('http:') && !isLoopbackUrl(origin))
  if (plain.length > 0) {
    const fix = 'Serve these pages over https, and list them so.'
    return failed(
      check,
      `${plain.join(', ')}: who is on the way can change a page over http and read its tokens`,
      fix,
    )
  }
  if (own.length > 0 && !isLoopbackUrl(appUrl)) {
    const fix = 'Take them out of ALLOWED_ORIGINS in production.'
    return warning(
      check,
      `${own.join(', ')}: whatever runs on a user's machine may call with their cookie`,
      fix,
    )
  }
  return ok(check, `${appUrl}, ${allowedOrigins.join(', ')}`)
}
