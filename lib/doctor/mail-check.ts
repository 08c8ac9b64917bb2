import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { MailConfig } from '#lib/config/config.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type Finding, failed, messageOf, ok } from './finding.ts'

const check = 'mail'
const greetingMsMax = 5000
/** SMTP inside TLS from the first byte (RFC 8314); other ports begin in the clear. */
const tlsPort = 465

/** Does the SMTP server greet us? Nothing is sent. */
export async function checkMail({ config }: Runtime): Promise<Finding> {
  const { mail } = config
  if (mail.kind === 'off') return ok(check, 'MAIL=off: no mail is sent')
  if (mail.kind === 'captured') return ok(check, `In ${config.mode} mode no mail leaves this machine`)
  if (!mail.from.includes('@'))
    return failed(check, 'MAIL_FROM is no mail address', 'For example MAIL_FROM=no-reply@example.com')
  try {
    const greeting = await greetingOf(mail)
    if (greeting.startsWith('220')) return ok(check, `${mail.server}:${mail.port} greets us`)
    const fix =
      'Look whether MAIL_SERVER and MAIL_PORT name an SMTP submission service that this machine may use.'
    return failed(check, `${mail.server}:${mail.port} answers "${greeting.slice(0, 80)}"`, fix)
  } catch (error) {
    const fix = 'Compare MAIL_SERVER and MAIL_PORT (587 or 465) with your provider, and look at the firewall.'
    return failed(check, `${mail.server}:${mail.port} does not answer: ${messageOf(error)}`, fix)
  }
}

function greetingOf({ server, port }: Extract<MailConfig, { kind: 'smtp' }>): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: server, port, timeout: greetingMsMax }
    const socket: Socket =
      port === tlsPort ? connectTls({ ...options, servername: server }) : connectPlain(options)
    const finish = (conclude: () => void) => {
      socket.destroy()
      conclude()
    }
    socket.once('data', (bytes) => finish(() => resolve(firstLineOf(bytes.toString('latin1')))))
    socket.once('timeout', () => finish(() => reject(new Error('no greeting within 5 s'))))
    socket.once('end', () => finish(() => reject(new Error('the connection was closed'))))
    socket.once('error', (error) => finish(() => reject(error)))
  })
}

function firstLineOf(text: string): string {
  return text.split(/[\r\n]/, 1)[0]?.replace(/[^\x20-\x7e]/g, '?') ?? ''
}
