import { expect, test } from 'vitest'
import { isMailAddress, normaliseMailAddress } from '#lib/auth/identifiers.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest } from '#test/support/harness.ts'
import { sinkVariables } from '#test/support/smtp-sink.ts'
import { startSink } from '#test/support/start-sink.ts'
import type { OutgoingMail } from './queue-mail.ts'
import { queueMail } from './queue-mail.ts'

/** What has been smuggled through address fields elsewhere: lists, names, comments, quotes, routes, line ends, NUL. */
const breaks = ['\r\n', '\n', '\r', '\n\r', '\u2028', '\u0000', '\u0085']
const poison = [
  ...breaks.map((end) => `anna@example.com${end}Bcc: eve@example.com`),
  ...breaks.map((end) => `anna${end}@example.com`),
  ...breaks.map((end) => `${end}anna@example.com`),
  ...[' ', '\t', '"', ',', ';', ':', '(', ')', '<', '>', '[', ']', '\\'].map(
    (letter) => `anna${letter}@example.com`,
  ),
  'anna@example.com, eve@example.com',
  'anna@example.com,eve@example.com',
  'anna@example.com eve@example.com',
  'anna@example.com;eve@example.com',
  'Anna <anna@example.com>',
  '<anna@example.com>',
  '"eve@evil.example" anna@example.com',
  '"anna@evil.example,x"@example.com',
  '"anna"@example.com',
  'anna(comment)@example.com',
  'anna@example.com(comment)',
  '@one.example:anna@example.com',
  'anna@eve@example.com',
  'anna%eve@example.com@',
  'anna@[192.0.2.1]',
  'anna@example.com>',
  'group: anna@example.com;',
  'mailto:anna@example.com',
  'anna@example.com?bcc=eve@example.com',
  'anna@example.com#x',
  'anna@example..com',
  'anna..x@example.com',
  '.anna@example.com',
  'anna.@example.com',
  'anna@-example.com',
  'anna@example',
  'anna@exa\u200bmple.com',
  'ann\u0430\u202e@example.com',
  'anna\uff20example.com',
  '=?utf-8?q?anna?=@example.com\r\n',
]

test('of the poisoned addresses none is an address, and none registers', async () => {
  const own = await serverForThisTest()

  expect(poison.length).toBeGreaterThanOrEqual(60)
  for (const email of poison) {
    expect(isMailAddress(email), JSON.stringify(email)).toBe(false)
    expect(await own.client().register({ ...newAccount(), email })).toBeProblem(422, 'invalid_request')
  }
  expect(await own.database.sql('SELECT * FROM users')).toEqual([])
})

test.each([
  ['anna@bücher.example', 'anna@xn--bcher-kva.example'],
  ["o'neil+tag@Example.COM", "o'neil+tag@example.com"],
  ['=?utf-8?q?anna?=@example.com', '=?utf-8?q?anna?=@example.com'],
])('a strange but right address gets its message, alone: %s', async (address, sent) => {
  const sink = await startSink()
  const own = await serverForThisTest(sinkVariables(sink))

  expect((await own.client().register({ ...newAccount(), email: address })).status).toBe(200)
  const [row] = await own.database.sql<{ id: string }>('SELECT id FROM mail_messages')
  await own.runtime.mail.deliver(row?.id ?? '')

  expect(normaliseMailAddress(address)).toBe(sent)
  const [mail, ...others] = sink.mails
  expect(others).toEqual([])
  expect(mail?.recipients).toHaveLength(1)
  expect(mail?.headers).toContain(`To: ${sent}`)
})

test('line ends in what a message is told add neither a header nor a recipient', async () => {
  const sink = await startSink()
  const own = await serverForThisTest({
    ...sinkVariables(sink),
    APP_NAME: 'Auth\r\nBcc: eve@example.com',
  })
  const { runtime } = own
  const message = {
    template: 'welcome',
    to: 'anna@example.com',
    props: { username: 'anna\r\nBcc: eve@example.com\r\n\r\nbody' },
  } as OutgoingMail
  await queueMail(runtime, runtime.database, { nobody: true }, message)
  const [row] = await own.database.sql<{ id: string }>('SELECT id FROM mail_messages')

  await runtime.mail.deliver(row?.id ?? '')

  expect(sink.mails.map(({ recipients }) => recipients)).toEqual([['anna@example.com']])
  const names = sink.mails[0]?.headers
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
    .toSorted()
  expect(names).toEqual([
    'auto-submitted',
    'content-type',
    'date',
    'from',
    'message-id',
    'mime-version',
    'subject',
    'to',
    'x-auto-response-suppress',
  ])
})
