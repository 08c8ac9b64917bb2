import { until } from '#test/support/process-server.ts'
import { readEnvironment } from './environment.ts'

/** A captured message, as its reader would have got it. */
export interface CapturedMail {
  id: string
  template: string
  state: string
  to: string
  subject: string
  text: string
  link: string | null
  code: string | null
}

const waitMsMax = 15_000

/** The server whose messages are captured. */
export function mailServerUrl(): string {
  return readEnvironment().servers['mail'] ?? ''
}

/** Waits for the newest message of a kind to an address. */
export async function mailTo(address: string, template: string): Promise<CapturedMail> {
  const isHandedOver = (mail: CapturedMail) => mail.template === template && mail.state === 'sent'
  const found: { mail?: CapturedMail | undefined } = {}
  await until(
    async () => {
      found.mail = (await listMail(address)).find(isHandedOver)
      return found.mail !== undefined
    },
    waitMsMax,
    () => `no ${template} came for ${address}`,
  )
  return found.mail as CapturedMail
}

/** The messages to an address, the newest first. */
export async function listMail(address: string): Promise<CapturedMail[]> {
  const query = new URLSearchParams({ to: address, key: readEnvironment().inboxKey })
  const answer = await fetch(`${mailServerUrl()}/api/dev/mail?${query}`)
  const { messages } = (await answer.json()) as { messages: CapturedMail[] }
  return messages
}
