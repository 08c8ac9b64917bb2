import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openSink, type SmtpSink, type SunkMail } from '#test/support/smtp-sink.ts'
import { readEnvironment } from './environment.ts'

/** The SMTP server of a run, whose messages the workers read over http: they are other processes. */
export interface PostOffice {
  sink: SmtpSink
  url: string
  close(): Promise<void>
}

export async function openPostOffice(): Promise<PostOffice> {
  const sink = await openSink({})
  const counter = createServer((request, response) => {
    const to = new URL(request.url ?? '/', 'http://localhost').searchParams.get('to')
    response.end(JSON.stringify(sink.mails.filter(({ recipients }) => recipients.includes(to ?? ''))))
  })
  await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve))
  const { port } = counter.address() as AddressInfo
  return {
    sink,
    url: `http://127.0.0.1:${port}`,
    async close() {
      counter.close()
      await sink.stop()
    },
  }
}

/** A message that came over the wire; its code is empty where it has none. */
export interface ReceivedMail extends SunkMail {
  token: string
  code: string
}

/** The messages to an address so far, the oldest first. */
export async function mailReceivedBy(address: string): Promise<ReceivedMail[]> {
  const answer = await fetch(`${readEnvironment().postOfficeUrl}?${new URLSearchParams({ to: address })}`)
  const mails: SunkMail[] = JSON.parse(await answer.text())
  return mails.map((mail) => ({
    ...mail,
    token: mail.link === '' ? '' : (new URL(mail.link).searchParams.get('token') ?? ''),
    code: /^\d{6}$/m.exec(mail.text)?.[0] ?? '',
  }))
}
