import { type Credentials, newAccount } from './api-client.ts'
import type { Stage } from './stage.ts'

/** Somebody who got a message with a link that works. */
export interface OpenLink {
  account: Credentials
  /** The address that the link was sent to. */
  to: string
  mail: { token: string; code: string }
}

/** The ways to a link, by the operation that uses it. The stage needs `capturedMail` (mailbox.ts). */
const ways: Record<string, (stage: Stage, account: Credentials) => Promise<OpenLink>> = {
  verifyEmail: verification,
  disownRegistration: verification,
  resetPassword: reset,
  confirmEmailChange: emailChange,
  undoEmailChange: undoing,
}

export function usesLink(operationId: string): boolean {
  return operationId in ways
}

/** Goes the way that leads to a link of this operation. */
export async function openLinkFor(
  stage: Stage,
  operationId: string,
  account: Credentials = newAccount(),
): Promise<OpenLink> {
  const way = ways[operationId]
  if (!way) throw new Error(`${operationId} uses no link`)
  return way(stage, account)
}

/** The body with which the operation uses the link. */
export function bodyWithLink(operationId: string, { mail: { token } }: OpenLink): object {
  return operationId === 'resetPassword' ? { token, new_password: 'a quick red tram' } : { token }
}

async function verification(stage: Stage, account: Credentials): Promise<OpenLink> {
  await stage.client().register(account)
  return { account, to: account.email, mail: await stage.newestMail(account.email, 'verify_email') }
}

async function reset(stage: Stage, account: Credentials): Promise<OpenLink> {
  const { email } = account
  await stage.client().register(account)
  await stage.client().send('/api/auth/forgot-password', { json: { email } })
  return { account, to: email, mail: await stage.newestMail(email, 'reset_password') }
}

/** Of a proven address: only such a one is told of the change, and can undo it. */
async function emailChange(stage: Stage, account: Credentials): Promise<OpenLink> {
  const client = stage.client()
  const { mail: proof } = await verification(stage, account)
  await client.send('/api/auth/verify-email', { json: { token: proof.token } })
  await client.login(account)
  const { email: to } = newAccount()
  const wanted = { new_email: to, password: account.password }
  await client.send('/api/auth/change-email', { json: wanted })
  return { account, to, mail: await stage.newestMail(to, 'email_change_confirm') }
}

async function undoing(stage: Stage, account: Credentials): Promise<OpenLink> {
  const { mail: confirmation } = await emailChange(stage, account)
  await stage.client().send('/api/auth/change-email/confirm', { json: { token: confirmation.token } })
  const { email } = account
  return { account, to: email, mail: await stage.newestMail(email, 'email_change_notice') }
}
