import { expect, test } from 'vitest'
import { newAccount } from '#test/support/api-client.ts'
import { startDnsServer } from '#test/support/dns-server.ts'
import { serverForThisTest } from '#test/support/harness.ts'
import { createMailDomains } from './mail-domains.ts'

test.each([
  ['a mail exchange', { mx: ['mx.example.com'] }, true],
  ['no mail exchange, but an address', { a: ['192.0.2.1'] }, true],
  ['neither', {}, false],
  ['a null MX, which refuses mail', { mx: ['.'], a: ['192.0.2.1'] }, false],
  ['a server that fails', 'failing', true],
  ['a server that says nothing', 'silent', true],
] as const)('a domain with %s: %#', async (_, entry, expected) => {
  const domains = createMailDomains([await startDnsServer({ 'name.example': entry as never })])
  const startedMs = performance.now()

  expect(await domains.takesMail('name.example')).toBe(expected)
  expect(performance.now() - startedMs).toBeLessThan(2500)
})

test('a domain that does not exist takes no mail', async () => {
  const domains = createMailDomains([await startDnsServer({})])

  expect(await domains.takesMail('slip.exmaple')).toBe(false)
})

test('with MAIL_DOMAIN_CHECK=on an address of such a domain is refused, before its password is hashed, and by default it is not', async () => {
  for (const check of ['on', 'off'] as const) {
    const own = await serverForThisTest({ MAIL_DOMAIN_CHECK: check })
    own.runtime.mailDomains = createMailDomains([
      await startDnsServer({ 'good.example': { mx: ['mx.good.example'] } }),
    ])
    const bad = await own.client().register({ ...newAccount(), email: 'anna@slip.exmaple' })
    const good = await own.client().register({ ...newAccount(), email: 'anna@good.example' })

    expect(good.status).toBe(200)
    if (check === 'off') {
      expect(bad.status).toBe(200)
      continue
    }
    expect(bad).toBeProblem(422, 'invalid_request')
    expect(bad.body.errors).toEqual([
      {
        field: 'email',
        code: 'no_mail_domain',
        detail: 'slip.exmaple takes no mail. Look for a slip of the pen.',
      },
    ])
  }
})
