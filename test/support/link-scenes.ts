import { type Credentials, newAccount } from './api-client.ts'
import type { TestServer } from './harness.ts'
import { type ReadMail, readMail } from './mailbox.ts'

/** Somebody who got a message with a link that works. */
export interface OpenLink {
  account: Credentials
  /** The address that the link was sent to. */
  to: string
  mail: ReadMail
}

/** The ways to a link, by the operation that uses it. The server needs `capturedMail` (mailbox.ts). */
const ways: Record<string, (server: TestServer, account: Credentials) => Promise<OpenLink>> = {
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
  server: TestServer,
  operationId: string,
  account: Credentials = newAccount(),
): Promise<OpenLink> {
  const way = ways[operationId]
  if (!way) throw new Error(`${operationId} uses no link`)
  return way(server, account)
}

/** The body with which the operation uses the link. */
export function bodyWithLink(operationId: string, { mail: { token } }: OpenLink): object {
  return operationId === 'resetPassword' ? { token, new_password: 'a quick red tram' } : { token }
}

async function newest(server: TestServer, address: string, template: string): Promise<ReadMail> {
  const mail = (await readMail(server, address)).findLast((one) => one.template === template)
  if (!mail) throw new Error(`no ${template} came for ${address}`)
  return mail
}

async function verification(server: TestServer, account: Credentials): Promise<OpenLink> {
  await server.client().register(account)
  return { account, to: account.email, mail: await newest(server, account.email, 'verify_email') }
}

async function reset(server: TestServer, account: Credentials): Promise<OpenLink> {
  const { email } = account
  await server.client().register(account)
  await server.client().send('/api/auth/forgot-password', { json: { email } })
  return { account, to: email, mail: await newest(server, email, 'reset_password') }
}

/** Of a proven address: only such a one is told of the change, and can undo it. */
async function emailChange(server: TestServer, account: Credentials): Promise<OpenLink> {
  const client = server.client()
  const { mail: proof } = await verification(server, account)
  await client.send('/api/auth/verify-email', { json: { token: proof.token } })
  await client.login(account)
  const { email: to } = newAccount()
  const wanted = { new_email: to, password: account.password }
  await client.send('/api/auth/change-email', { json: wanted })
  return { account, to, mail: await newest(server, to, 'email_change_confirm') }
}

async function undoing(server: TestServer, account: Credentials): Promise<OpenLink> {
  const { mail: confirmation } = await emailChange(server, account)
  await server.client().send('/api/auth/change-email/confirm', { json: { token: confirmation.token } })
  const { email } = account
  return { account, to: email, mail: await newest(server, email, 'email_change_notice') }
}
