import { describe, expect, test } from 'vitest'
import { Secret } from '#lib/crypto/secret.ts'
import { readConfig } from './read-config.ts'

const supplies = { authSecret: new Secret('x'.repeat(48)), databaseUrl: new Secret('postgresql://embedded') }

function read(variables: Record<string, string>) {
  const outcome = readConfig(variables, supplies)
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}

function problemsOf(variables: Record<string, string>): string[] {
  const outcome = readConfig(variables, supplies)
  return outcome.kind === 'refused'
    ? outcome.problems.map(({ setting, problem }) => `${setting} ${problem}`)
    : []
}

describe('ROLE_SESSION_LIMITS', () => {
  const limitsOf = (text: string) => read({ ROLE_SESSION_LIMITS: text }).session.roleLimits

  test('by default ends the sessions of administrators after 30 minutes of disuse, and after 12 hours', () => {
    expect(read({}).session.roleLimits).toEqual([
      { role: 'ADMIN', idleSeconds: 1800, absoluteSeconds: 43_200 },
    ])
  })

  test('has any number of roles, in minutes, hours and days, in any letter case', () => {
    expect(limitsOf(' admin:5m/2h , Staff:1d/90d,')).toEqual([
      { role: 'ADMIN', idleSeconds: 300, absoluteSeconds: 7200 },
      { role: 'STAFF', idleSeconds: 86_400, absoluteSeconds: 90 * 86_400 },
    ])
    expect(limitsOf('ADMIN:1m/1m')).toHaveLength(1)
  })

  test.each(['none', 'NONE'])('%s: no role has any', (text) => {
    expect(limitsOf(text)).toEqual([])
  })

  test.each([
    ['ADMIN', 'is not a list such as'],
    ['ADMIN:30m', 'is not a list such as'],
    ['ADMIN:30m/12h/1d', 'is not a list such as'],
    ['ADMIN:30/12', 'is not a list such as'],
    ['ADMIN:30s/12h', 'is not a list such as'],
    ['ADMIN:-30m/12h', 'is not a list such as'],
    [':30m/12h', 'is not a list such as'],
    ['ADMIN:30m/12h;STAFF:1h/2h', 'is not a list such as'],
    ['none,ADMIN:30m/12h', 'is not a list such as'],
    ['ADMIN:0m/12h', 'gives the role ADMIN less than a minute of disuse'],
    ['ADMIN:13h/12h', 'gives the role ADMIN more time of disuse than in all'],
    ['ADMIN:1h/91d', 'gives the role ADMIN more than 90 days'],
    ['ADMIN:1h/2h,admin:2h/3h', 'limits the role ADMIN twice'],
  ])('%s is refused', (text, problem) => {
    expect(problemsOf({ ROLE_SESSION_LIMITS: text })).toEqual([
      expect.stringContaining(`ROLE_SESSION_LIMITS ${problem}`),
    ])
  })
})

describe('the number and the history of sessions', () => {
  test('by default a user may have any number, and what ended is kept for 90 days', () => {
    expect(read({}).session).toMatchObject({ perUserMax: 0, historySeconds: 90 * 86_400 })
  })

  test('can be set, within bounds', () => {
    expect(read({ MAX_SESSIONS_PER_USER: '20', SESSION_HISTORY_DAYS: '1' }).session).toMatchObject({
      perUserMax: 20,
      historySeconds: 86_400,
    })
    for (const [name, value] of [
      ['MAX_SESSIONS_PER_USER', '-1'],
      ['MAX_SESSIONS_PER_USER', 'many'],
      ['SESSION_HISTORY_DAYS', '0'],
      ['SESSION_HISTORY_DAYS', '3651'],
    ] as const)
      expect(problemsOf({ [name]: value }), `${name}=${value}`).toHaveLength(1)
  })
})

describe('WORKERS', () => {
  test('is one by default, a number, or auto', () => {
    const all = [{}, { WORKERS: '1' }, { WORKERS: '64' }, { WORKERS: 'auto' }, { WORKERS: 'AUTO' }]
    expect(all.map((variables) => read(variables as Record<string, string>).workers)).toEqual([
      1,
      1,
      64,
      'auto',
      'auto',
    ])
  })

  test.each(['0', '65', '-2', '1.5', 'all', '2 '])('%j is refused', (text) => {
    expect(problemsOf({ WORKERS: text })).toEqual([
      `WORKERS "${text}" is neither auto nor a whole number from 1 to 64`,
    ])
  })
})
