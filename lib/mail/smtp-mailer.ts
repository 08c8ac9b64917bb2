import type { Transporter } from 'nodemailer'
import type { MailFrom, SmtpConfig } from '#lib/config/config.ts'
import type { SmtpFailure } from './delivery-failure-policy.ts'
import type { RenderedMail } from './rendered-mail.ts'

export interface Letter extends RenderedMail {
  id: string
  to: string
  /** When it was written; the same in every copy. */
  date: Date
}

export interface Mailer {
  /** Resolves when the server has taken the message. @throws an error that {@link readFailure} reads */
  send(letter: Letter): Promise<void>
  /** Connects and signs in, and sends nothing. @throws as send() */
  verify(): Promise<void>
  close(): void
}

/** At most so many connections, and messages on their way, of one process. */
const smtpConnectionsMax = 4
const connectMsMax = 10_000
const silenceMsMax = 20_000
/** Of one message in all: also a server that sends a byte a second has to end. Less than the lease of a claim. */
export const sendMsMax = 60_000

/** The same for every copy of a message, so that whoever gets two can tell. */
export function messageIdOf(id: string, from: MailFrom): string {
  return `<${id}@${from.address.split('@').at(-1)}>`
}

/** SMTP with pooled connections, opened at the first message. Certificates are verified, TLS is 1.2 or newer. */
export function createSmtpMailer(smtp: SmtpConfig): Mailer {
  let opening: Promise<Transporter> | null = null

  async function open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer')
    return createTransport(transportOptions(smtp))
  }

  return {
    async send(letter) {
      opening ??= open()
      const message = messageOf(letter, smtp.from)
      await (await opening).sendMail({ ...message, signal: AbortSignal.timeout(sendMsMax) })
    },
    async verify() {
      opening ??= open()
      await (await opening).verify()
    },
    close() {
      void opening?.then((transport) => transport.close())
    },
  }
}

function messageOf(letter: Letter, from: MailFrom) {
  return {
    messageId: messageIdOf(letter.id, from),
    date: letter.date,
    from,
    to: { name: '', address: letter.to },
    // Apart from the headers: what stands in them cannot add a recipient.
    envelope: { from: from.address, to: [letter.to] },
    subject: letter.subject,
    text: letter.text,
    html: letter.html,
    // No vacation message answers it (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** The message as it goes over the wire; nothing is sent. */
export async function composeSource(letter: Letter, from: MailFrom): Promise<string> {
  const { createTransport } = await import('nodemailer')
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail(
    messageOf(letter, from),
  )
  return String(message)
}

function transportOptions(smtp: SmtpConfig) {
  const auth = smtp.username !== null && { user: smtp.username, pass: smtp.password?.reveal() ?? '' }
  return {
    pool: true as const,
    host: smtp.server,
    port: smtp.port,
    secure: smtp.tls === 'implicit',
    requireTLS: smtp.tls === 'starttls',
    ignoreTLS: smtp.tls === 'none',
    ...(auth && { auth }),
    tls: { minVersion: 'TLSv1.2' as const },
    maxConnections: smtpConnectionsMax,
    maxMessages: 100,
    // Only what was not begun goes out over another connection; everything else is tried again by the outbox.
    maxRequeues: 1,
    idleTimeout: 30_000,
    connectionTimeout: connectMsMax,
    greetingTimeout: connectMsMax,
    socketTimeout: silenceMsMax,
    dnsTimeout: connectMsMax,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

const tlsTrouble = /certificate|CERT_|SSL|TLS/i

/** Null for an error that is not of the SMTP client. */
export function readFailure(error: unknown): SmtpFailure | null {
  if (!(error instanceof Error)) return null
  const { code, responseCode, command, originalCode, message } = error as Error & Record<string, unknown>
  if (typeof code !== 'string') return null
  // A certificate that is refused is an error of the socket to the client.
  const isTls = tlsTrouble.test(`${originalCode} ${message}`)
  return {
    code: code === 'ESOCKET' && isTls ? 'ETLS' : code,
    responseCode: typeof responseCode === 'number' ? responseCode : null,
    command: typeof command === 'string' ? command : null,
  }
}

const described = 200

/**
 * What happened, for the row and the log: the command and the answer of the server, without secrets of ours and without
 * addresses of others.
 */
export function describeFailure(error: unknown): string {
  const { command, response, message } = error as Record<string, unknown>
  const said = typeof response === 'string' && response ? response : String(message)
  return `${typeof command === 'string' ? `${command}: ` : ''}${repeatable(command, said)}`
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, described)
}

const words = /<?[^\s<>()[\],;:"]+>?/g

function repeatable(command: unknown, said: string): string {
  // An answer to AUTH may repeat what it was asked.
  if (typeof command === 'string' && /^AUTH/i.test(command)) return said.slice(0, 3)
  // The only address it can quote is ours, and the operator has to know it.
  if (command === 'MAIL FROM') return said
  // Any other may quote the recipient, who may be erased before the log is (a 421 has no command of its own).
  return said.replace(words, (word) => (/@|%40/.test(word) ? '<address>' : word))
}
