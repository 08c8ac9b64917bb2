import type { MailTemplate } from '#lib/mail/mail-templates.ts'
import type { ApiClient, Credentials } from './api-client.ts'

/** A server on which scenes are played: one in this process, or one behind a socket. */
export interface Stage {
  /** Its public address. */
  appUrl: string
  /** Somebody who has no account there yet. */
  newcomer: Credentials
  /** Where the newcomer is, and another place. */
  here: string
  elsewhere: string
  /** From an address of its own, unless one is given; null: on the same machine, and nothing in between. */
  client(options?: { address?: string | null }): ApiClient
  /** What the start prints while there is no administrator. */
  setupKey(): Promise<string>
  disable(email: string): Promise<void>
  /** Makes somebody an administrator. */
  promote(email: string): Promise<void>
  /** Makes an account with a proven address that went no way of the API. */
  occupy(account: { email: string; username: string }): Promise<void>
  /** What the newest message of a kind to an address holds; on a stage that was opened with `capturedMail`. */
  newestMail(address: string, template: MailTemplate): Promise<{ token: string; code: string }>
  /** Opens the captured messages. */
  inboxKey(): Promise<string>
  /** Lets a minute pass where the time is ours; what follows comes later in any case. */
  later(): Promise<void>
}

/** Where stages come from. They may be one and the same server, so scenes bring accounts of their own. */
export interface Theatre {
  /** @param variables  settings of the server, as the environment has them */
  open(variables?: Record<string, string>): Promise<Stage>
  /** Without any account. */
  openEmpty(variables: Record<string, string>): Promise<Stage>
  /** Not ready yet. */
  openStarting(): Promise<Stage>
  /** Called once no stage is needed any more. */
  atEnd(close: () => void): void
}

/** The statement of {@link Stage.occupy}. */
export const occupation = 'INSERT INTO users (email, username, email_verified_at) VALUES ($1, $2, now())'
