import { describe, expect, test } from 'vitest'
import { voidLinks } from '#db/queries/one-time-links.ts'
import { deriveLinkToken } from '#lib/crypto/link-token.ts'
import { type MailTemplate, templateLinks } from '#lib/mail/mail-templates.ts'
import { type OutgoingMail, occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import type { LinkPurpose } from './link-lifetime.ts'
import { peekLink, useCode, useLink } from './links.ts'

const server = useServer(capturedMail)

/** An account with one more message of a kind in its mailbox. */
async function mailed(template: MailTemplate, on: TestServer = server, account = newAccount()) {
  const registered = await on.client().register(account)
  const userId: number = registered.body.user?.id ?? (await idOf(on, account.email))
  const { runtime } = on
  const props = occasionOf(runtime, { address: '192.0.2.1', userAgent: null })
  const message = { template, to: account.email, props } as unknown as OutgoingMail
  await queueMail(runtime, runtime.database, { userId }, message)
  const mail = (await readMail(on, account.email)).filter((one) => one.template === template).at(-1)
  if (!mail) throw new Error('the message is not there')
  return { ...mail, account, userId, purpose: templateLinks[template] as LinkPurpose }
}

async function idOf(on: TestServer, email: string): Promise<number> {
  const [row] = await on.database.sql<{ id: string }>('SELECT id FROM users WHERE email = $1', [email])
  return Number(row?.id)
}

const use = (on: TestServer, link: { purpose: LinkPurpose; token: string }) =>
  useLink(on.runtime, on.runtime.database, link)
const tryCode = (on: TestServer, attempt: { purpose: LinkPurpose; email: string; code: string }) =>
  useCode(on.runtime, on.runtime.database, attempt)

describe('a link', () => {
  test('looked at any number of times is not spent, and then works once', async () => {
    const mail = await mailed('reset_password')
    for (let look = 0; look < 3; look += 1)
      expect((await peekLink(server.runtime, server.runtime.database, mail)).kind).toBe('ok')

    const used = await use(server, mail)

    expect(used).toMatchObject({ kind: 'ok', link: { userId: mail.userId, email: mail.account.email } })
    expect((await use(server, mail)).kind).toBe('link_used')
    expect((await peekLink(server.runtime, server.runtime.database, mail)).kind).toBe('link_used')
  })

  test('of twenty uses at once exactly one wins, and the others are told that it was used', async () => {
    const mail = await mailed('reset_password')

    const uses = await Promise.all(Array.from({ length: 20 }, () => use(server, mail)))

    expect(uses.map(({ kind }) => kind).toSorted()).toEqual([...Array(19).fill('link_used'), 'ok'])
  })

  test('of another purpose, another id or a changed letter is not valid, and costs no query', async () => {
    const mail = await mailed('reset_password')
    const { database } = server.runtime
    const unasked = { ...server.runtime, database: null }
    const other = deriveLinkToken(server.runtime.roots, { linkId: mail.id, purpose: 'verify_email' }).reveal()
    const changed = mail.token.replace(/.$/, (letter) => (letter === 'A' ? 'B' : 'A'))

    for (const token of [other, changed, '', 'x', `${mail.token} `, mail.token.toUpperCase()]) {
      const seen = await useLink(unasked, database, { purpose: 'reset_password', token })
      expect(seen.kind, token).toBe('link_invalid')
    }
    expect((await use(server, mail)).kind).toBe('ok')
  })

  test.each([
    ['verify_email', 24 * 3600],
    ['reset_password', 30 * 60],
    ['email_change_notice', 7 * 86_400],
  ] as const)(
    'in %s lives for %i seconds from its hand-over, not from when it was written',
    async (template, seconds) => {
      const own = await serverForThisTest(capturedMail)
      const account = newAccount()
      await own.client().register(account)
      const userId = await idOf(own, account.email)
      const props = occasionOf(own.runtime, { address: null, userAgent: null })
      await queueMail(own.runtime, own.runtime.database, { userId }, {
        template,
        to: account.email,
        props: { ...props, newEmail: 'new@example.com' },
      } as unknown as OutgoingMail)
      // The server of the provider was away for as long as the link lives.
      await own.time.advance({ seconds })
      const mail = (await readMail(own, account.email)).filter((one) => one.template === template).at(-1)
      const link = { purpose: templateLinks[template] as LinkPurpose, token: mail?.token ?? '' }
      const look = async () => (await peekLink(own.runtime, own.runtime.database, link)).kind

      await own.time.advance({ seconds: seconds - 5 })
      expect(await look()).toBe('ok')
      await own.time.advance({ seconds: 5 })
      expect(await look()).toBe('link_expired')
      expect((await use(own, link)).kind).toBe('link_expired')
    },
  )

  test('that was never handed over is not valid: nobody can have it', async () => {
    const mail = await mailed('reset_password')
    await server.database.sql('UPDATE one_time_links SET handed_over_at = null WHERE id = $1', [mail.id])

    expect((await use(server, mail)).kind).toBe('link_invalid')
  })

  test('is void once another one of the same purpose was used, or somebody voided it', async () => {
    const account = newAccount()
    const first = await mailed('reset_password', server, account)
    const second = await mailed('reset_password', server, account)
    const verify = await mailed('verify_email', server, account)

    expect((await use(server, first)).kind).toBe('ok')
    expect((await use(server, second)).kind).toBe('link_invalid')
    await voidLinks(server.runtime.database, { userId: verify.userId, purposes: ['verify_email'] })
    expect((await use(server, verify)).kind).toBe('link_invalid')
  })

  test('that takes a change of address back survives the use of a later one', async () => {
    const account = newAccount()
    const owners = await mailed('email_change_notice', server, account)
    const thiefs = await mailed('email_change_notice', server, account)

    expect((await use(server, thiefs)).kind).toBe('ok')
    expect((await use(server, owners)).kind).toBe('ok')
  })

  test('made under the root before still works, and none under an unknown root', async () => {
    const mail = await mailed('reset_password')
    const { deriveRootKeys } = await import('#lib/crypto/root-keys.ts')
    const { Secret } = await import('#lib/crypto/secret.ts')
    const newer = new Secret('a newer root secret of the tests, long enough')
    const rotated = deriveRootKeys([newer, ...server.runtime.config.rootSecrets])
    const { database } = server.runtime

    expect((await peekLink({ roots: deriveRootKeys([newer]) }, database, mail)).kind).toBe('link_invalid')
    const codeUse = await useCode({ roots: rotated }, database, {
      purpose: 'reset_password',
      email: mail.account.email,
      code: mail.code,
    })
    expect(codeUse.kind).toBe('ok')
    expect((await peekLink({ roots: rotated }, database, mail)).kind).toBe('link_used')
  })
})

describe('a code', () => {
  test('works with the address in any letter case, once, and spends its link', async () => {
    const mail = await mailed('reset_password')
    const attempt = { ...mail, email: mail.account.email.toUpperCase() }

    expect(mail.code).toMatch(/^\d{6}$/)
    expect((await tryCode(server, attempt)).kind).toBe('ok')
    expect((await tryCode(server, attempt)).kind).toBe('link_invalid')
    expect((await use(server, mail)).kind).toBe('link_used')
  })

  test('is void after five wrong tries, also parallel ones; the link still works', async () => {
    const mail = await mailed('reset_password')
    const { email } = mail.account
    const wrong = String((Number(mail.code) + 1) % 1_000_000).padStart(6, '0')

    await Promise.all(
      Array.from({ length: 30 }, () => tryCode(server, { purpose: mail.purpose, email, code: wrong })),
    )

    const [row] = await server.database.sql<{ code_tries: number }>(
      'SELECT code_tries FROM one_time_links WHERE id = $1',
      [mail.id],
    )
    expect(row?.code_tries).toBe(5)
    expect((await tryCode(server, { ...mail, email })).kind).toBe('link_invalid')
    expect((await use(server, mail)).kind).toBe('ok')
  })

  test('lives for ten minutes, and is no code for another address, purpose or a link without one', async () => {
    const own = await serverForThisTest(capturedMail)
    const mail = await mailed('reset_password', own)
    const { email } = mail.account
    const others = [
      { ...mail, email: 'somebody@example.com' },
      { ...mail, email, purpose: 'verify_email' as const },
      { ...mail, email, purpose: 'change_email' as const },
    ]
    for (const other of others) expect((await tryCode(own, other)).kind).toBe('link_invalid')

    await own.time.advance({ seconds: 600 })

    expect((await tryCode(own, { ...mail, email })).kind).toBe('link_invalid')
    expect((await use(own, mail)).kind).toBe('ok')
  })
})

test('a message that is queued in a transaction that rolls back leaves neither a row nor a job', async () => {
  const { userId, account } = await mailed('welcome')
  const count = async () => {
    const [row] = await server.database.sql<{ rows: string; jobs: string }>(
      `SELECT (SELECT count(*) FROM mail_messages WHERE user_id = $1) AS rows,
         (SELECT count(*) FROM graphile_worker.jobs) AS jobs`,
      [userId],
    )
    return row
  }
  const before = await count()

  const failing = server.runtime.database.transaction(async (transaction) => {
    const props = { username: account.username }
    await queueMail(
      server.runtime,
      transaction,
      { userId },
      { template: 'welcome', to: account.email, props },
    )
    throw new Error('on purpose')
  })

  await expect(failing).rejects.toThrow('on purpose')
  expect(await count()).toEqual(before)
})

test('no row holds a token, a code or a key', async () => {
  const mail = await mailed('reset_password')
  const rows = await server.database.sql<{ text: string }>(
    `SELECT row_to_json(m)::text AS text FROM mail_messages m UNION ALL
     SELECT row_to_json(l)::text FROM one_time_links l UNION ALL
     SELECT row_to_json(j)::text FROM graphile_worker._private_jobs j`,
  )

  const mac = mail.token.split('.').at(-1) ?? ''
  const dump = rows.map(({ text }) => text).join('\n')
  expect(dump).toContain(mail.id)
  expect(dump).not.toContain(mac)
  expect(dump).not.toContain(`"${mail.code}"`)
})
