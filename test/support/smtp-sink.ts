import type { AddressInfo } from 'node:net'
import { simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A message as it went over the wire. */
export interface SunkMail {
  messageId: string
  /** RCPT TO. */
  recipients: string[]
  from: string
  subject: string
  html: string
  text: string
  /** The first address of our pages in its text; empty in a message without a link. */
  link: string
  /** Header lines, as they were sent. */
  headers: string[]
  isSecure: boolean
}

/** What the server does at each step; nothing: it takes everything. A number is refused with, `drop` cuts, `hang` waits. */
export interface SinkScript {
  connect?: number | 'drop' | 'hang'
  auth?: number
  mailFrom?: number | 'drop'
  /** By recipient. */
  rcptTo?: (address: string) => number | 'drop' | undefined
  /** 'drop-after', 'hang-after': takes the whole message, and cuts or waits before it says so. */
  data?: number | 'drop' | 'hang' | 'drop-after' | 'hang-after'
  /** What it says with a refusal; nothing: a sentence without an address. */
  words?: string
}

export interface SmtpSink {
  port: number
  mails: SunkMail[]
  /** How many connections were opened. */
  connections(): number
  /** May be changed at any time. */
  script: SinkScript
  /** Port closed, connections cut. */
  stop(): Promise<void>
  /** On the same port again. */
  start(): Promise<void>
}

export interface SinkOptions extends Partial<SMTPServerOptions> {
  /** Only the Message-IDs are read: for thousands of messages. */
  countsOnly?: boolean
}

/** An SMTP server of this machine that does what it is told. */
export async function openSink({ countsOnly = false, ...options }: SinkOptions): Promise<SmtpSink> {
  const mails: SunkMail[] = []
  let [port, count] = [0, 0]
  let server: SMTPServer | null = null
  const sink: SmtpSink = {
    get port() {
      return port
    },
    mails,
    connections: () => count,
    script: {},
    async start() {
      server = create()
      await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve))
      port = (server.server.address() as AddressInfo).port
    },
    async stop() {
      const stopping = server
      server = null
      if (!stopping) return
      for (const connection of connectionsOf(stopping)) connection._socket.destroy()
      await new Promise<void>((resolve) => stopping.close(() => resolve()))
    },
  }

  function create(): SMTPServer {
    const created: SMTPServer = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 100,
      disabledCommands: options.cert ? [] : ['STARTTLS'],
      ...options,
      onConnect(session, callback) {
        count += 1
        act(sink.script.connect, session.id, callback)
      },
      onAuth(auth, session, callback) {
        act(sink.script.auth, session.id, (error) =>
          error ? callback(error) : callback(null, { user: auth.username }),
        )
      },
      onMailFrom: (_, session, callback) => act(sink.script.mailFrom, session.id, callback),
      onRcptTo: ({ address }, session, callback) => act(sink.script.rcptTo?.(address), session.id, callback),
      onData(stream, session, callback) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', async () => {
          const { data } = sink.script
          const isTaken = data === undefined || data === 'drop-after' || data === 'hang-after'
          if (isTaken) mails.push(await read(Buffer.concat(chunks), session, countsOnly))
          act(data === 'drop-after' ? 'drop' : data === 'hang-after' ? 'hang' : data, session.id, callback)
        })
      },
    })
    created.on('error', () => {})
    return created
  }

  function act(
    step: number | 'drop' | 'hang' | undefined,
    sessionId: string,
    callback: (error?: Error | null) => void,
  ): void {
    if (step === 'hang') return
    if (step === 'drop') {
      for (const connection of server ? connectionsOf(server) : [])
        if (connection.session.id === sessionId) connection._socket.destroy()
      return
    }
    callback(
      step === undefined
        ? null
        : Object.assign(new Error(sink.script.words ?? 'as the script says'), { responseCode: step }),
    )
  }

  await sink.start()
  return sink
}

interface Connection {
  session: { id: string }
  _socket: { destroy(): void }
}

function connectionsOf(server: SMTPServer): Connection[] {
  return [...(server as unknown as { connections: Set<Connection> }).connections]
}

const unread = {
  recipients: [],
  from: '',
  subject: '',
  html: '',
  text: '',
  link: '',
  headers: [],
  isSecure: false,
}

async function read(
  raw: Buffer,
  session: { secure?: boolean; envelope: { rcptTo: { address: string }[] } },
  countsOnly: boolean,
): Promise<SunkMail> {
  if (countsOnly)
    return { ...unread, messageId: /^Message-ID: (\S+)/im.exec(raw.toString('latin1'))?.[1] ?? '' }
  const mail = await simpleParser(raw, { skipImageLinks: true, skipTextToHtml: true })
  const text = mail.text ?? ''
  return {
    messageId: mail.messageId ?? '',
    recipients: session.envelope.rcptTo.map(({ address }) => address),
    from: mail.from?.text ?? '',
    subject: mail.subject ?? '',
    html: mail.html || '',
    text,
    link: /https?:\/\/\S+\?token=[^\s\]]+/.exec(text)?.[0] ?? '',
    headers: mail.headerLines.map(({ line }) => line),
    isSecure: session.secure === true,
  }
}

/** Settings of a server that sends its mail there. */
export function sinkVariables({ port }: SmtpSink): Record<string, string> {
  return {
    MAIL: 'smtp',
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(port),
    MAIL_FROM: 'Example Auth <no-reply@example.com>',
    MAIL_TLS: 'off',
    // A headless server has no pages of its own.
    PAGES_URL: 'http://localhost:8000',
  }
}
