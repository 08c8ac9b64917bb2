import { expect, test } from 'vitest'
import { judgeFailure, retryDelaySeconds } from './delivery-failure-policy.ts'

test.each([
  ['ECONNECTION', null, null, 'server'],
  ['ETIMEDOUT', null, null, 'server'],
  ['EDNS', null, null, 'server'],
  ['EABORT', null, null, 'server'],
  ['EPROTOCOL', null, 554, 'server'],
  ['ETLS', null, null, 'setup'],
  ['EAUTH', null, 535, 'setup'],
  ['EAUTH', null, 421, 'setup'],
  ['EENVELOPE', null, 530, 'setup'],
  ['EENVELOPE', null, 421, 'server'],
  ['EENVELOPE', null, 450, 'message'],
  ['EENVELOPE', 'RCPT TO', 550, 'never'],
  ['EENVELOPE', 'RCPT TO', 553, 'never'],
  ['EENVELOPE', 'MAIL FROM', 450, 'message'],
  ['EENVELOPE', 'MAIL FROM', 501, 'setup'],
  ['EENVELOPE', 'MAIL FROM', 550, 'setup'],
  ['EENVELOPE', 'MAIL FROM', 553, 'setup'],
  ['EENVELOPE', null, null, 'message'],
  ['EMESSAGE', null, 452, 'message'],
  ['EMESSAGE', null, 554, 'never'],
] as const)('%s at %s with %s is trouble of kind "%s"', (code, command, responseCode, kind) => {
  expect(judgeFailure({ code, command, responseCode })).toBe(kind)
})

test('delays double from 15 seconds, to five minutes for a server and an hour for a message, a fifth more or less', () => {
  const delays = (kind: 'server' | 'message', dice: number) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 40].map((attempts) => retryDelaySeconds(kind, attempts, dice))

  expect(delays('server', 0.5)).toEqual([15, 30, 60, 120, 240, 300, 300, 300, 300, 300, 300])
  expect(delays('message', 0.5)).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  expect(delays('message', 0).at(-1)).toBe(2880)
  expect(delays('message', 1).at(-1)).toBe(4320)
})
