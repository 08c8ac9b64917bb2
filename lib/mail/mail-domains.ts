import { Resolver } from 'node:dns/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/** What the DNS says of the domains of new addresses. */
export interface MailDomains {
  /** False only for a domain that surely takes no mail. Without an answer within a second: true. */
  takesMail(domain: string): Promise<boolean>
}

const answerMsMax = 1000
/** "There is no such name" and "it has no such record"; anything else is no answer. */
const surelyNone = new Set(['ENOTFOUND', 'ENODATA'])

/** @param servers  of the DNS, as `address:port`; default: those of the system */
export function createMailDomains(servers?: readonly string[]): MailDomains {
  const resolver = new Resolver({ timeout: answerMsMax, tries: 1 })
  if (servers) resolver.setServers(servers)

  /** Null: no answer. */
  async function ask<Record>(question: Promise<Record[]>): Promise<Record[] | null> {
    try {
      return await question
    } catch (error) {
      return surelyNone.has(String((error as { code?: unknown }).code)) ? [] : null
    }
  }

  async function look(domain: string): Promise<boolean> {
    const exchanges = await ask(resolver.resolveMx(domain))
    if (exchanges === null) return true
    // A null MX says so itself (RFC 7505).
    if (exchanges.length > 0) return exchanges.some(({ exchange }) => exchange !== '' && exchange !== '.')
    // Without any, the address of the domain is where its mail goes (RFC 5321 section 5.1).
    const addresses = await Promise.all([ask(resolver.resolve4(domain)), ask(resolver.resolve6(domain))])
    return addresses.some((found) => found === null || found.length > 0)
  }

  return {
    takesMail: (domain) => Promise.race([look(domain), pause(answerMsMax, true, { ref: false })]),
  }
}

/**
 * With MAIL_DOMAIN_CHECK=on: refuses an address whose domain takes no mail, which is mostly a slip of the pen.
 *
 * @param field  of the request that holds it
 * @throws Problem `invalid_request`
 */
export async function requireMailDomain(
  { config, mailDomains }: Pick<Runtime, 'config' | 'mailDomains'>,
  address: string,
  field: string,
): Promise<void> {
  if (!config.checksMailDomains) return
  const domain = address.slice(address.lastIndexOf('@') + 1)
  if (await mailDomains.takesMail(domain)) return
  const detail = `${domain} takes no mail. Look for a slip of the pen.`
  throw new Problem('invalid_request', { errors: [{ field, code: 'no_mail_domain', detail }] })
}
