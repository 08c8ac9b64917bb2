import { expect, test } from 'vitest'
import { judgeFailure, retryDelaySeconds } from './delivery-failure-policy.ts'

test.each([
  ['ECONNECTION', null, 'server'],
  ['ETIMEDOUT', null, 'server'],
  ['EDNS', null, 'server'],
  ['EABORT', null, 'server'],
  ['EPROTOCOL', 554, 'server'],
  ['ETLS', null, 'setup'],
  ['EAUTH', 535, 'setup'],
  ['EAUTH', 421, 'setup'],
  ['EENVELOPE', 530, 'setup'],
  ['EENVELOPE', 421, 'server'],
  ['EENVELOPE', 450, 'message'],
  ['EENVELOPE', 550, 'never'],
  ['EENVELOPE', null, 'message'],
  ['EMESSAGE', 452, 'message'],
  ['EMESSAGE', 554, 'never'],
] as const)('%s with %s is trouble of kind "%s" after %#', (code, responseCode, kind) => {
  expect(judgeFailure({ code, responseCode })).toBe(kind)
})

test('delays double from 15 seconds, to five minutes for a server and an hour for a message, a fifth more or less', () => {
  const delays = (kind: 'server' | 'message', dice: number) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 40].map((attempts) => retryDelaySeconds(kind, attempts, dice))

  expect(delays('server', 0.5)).toEqual([15, 30, 60, 120, 240, 300, 300, 300, 300, 300, 300])
  expect(delays('message', 0.5)).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  expect(delays('message', 0).at(-1)).toBe(2880)
  expect(delays('message', 1).at(-1)).toBe(4320)
})
