import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeRefresh } from './refresh-verdict.ts'

const now = new Date('2030-01-01T12:00:00.000Z')
const lostAnswerSeconds = 300

interface Situation {
  /** The live generation of the row as it came back. */
  live: number
  /** For each superseded generation, the newest first: seconds since then. */
  supersededSecondsAgo: number[]
  step: 'rotated' | 'ahead' | 'unchanged'
  endedReason: string | null
}

function rowIn(situation: Partial<Situation>) {
  const { live = 5, supersededSecondsAgo = [], step = 'unchanged', endedReason = null } = situation
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000)
  return {
    session: {
      id: '01890000-0000-7000-8000-000000000000',
      userId: 1,
      kind: 'bearer' as const,
      generation: live,
      supersededAt: supersededSecondsAgo.map(ago),
      epoch: 0,
      amr: ['pwd'],
      authenticatedAt: ago(1000),
      createdAt: ago(1000),
      lastUsedAt: ago(1),
      idleUntil: ago(-1000),
      expiresAt: ago(-1000),
      writtenExpiresAt: ago(-1000),
      remembered: true,
      endedAt: endedReason === null ? null : ago(1),
      endedReason,
      device: null,
      clientAddress: null,
    },
    user: {
      id: 1,
      email: 'anna@example.com',
      username: 'anna',
      emailVerifiedAt: null,
      disabledAt: null,
      deletedAt: null,
      sessionEpoch: 0,
      createdAt: ago(2000),
      roles: [],
    },
    epochReason: null,
    now,
    step,
  }
}

function verdict(presented: number, situation: Partial<Situation>, lost = lostAnswerSeconds): string {
  const judged = judgeRefresh(presented, rowIn(situation), lost)
  return judged.kind === 'ended' ? judged.reason : judged.kind
}

test('the live generation rotates, a newer one is ahead: what the statement did is what it earned', () => {
  expect(verdict(4, { step: 'rotated', supersededSecondsAgo: [0] })).toBe('rotated')
  expect(verdict(4, { step: 'ahead', supersededSecondsAgo: [0, 0, 0, 0] })).toBe('ahead')
})

test.each([
  ['one behind, just now', 1, 0, 'grace'],
  ['one behind, 10 s ago', 1, 10, 'grace'],
  ['one behind, a moment later', 1, 10.001, 'recovered'],
  ['one behind, 300 s ago', 1, 300, 'recovered'],
  ['one behind, longer ago', 1, 300.001, 'reuse'],
  ['two behind, 10 s ago', 2, 10, 'grace'],
  ['two behind, a moment later', 2, 10.001, 'reuse'],
  ['four behind, 10 s ago', 4, 10, 'grace'],
  ['four behind, a moment later', 4, 10.001, 'reuse'],
  ['one behind, 2 s in the future: its statement began before the other', 1, -2, 'grace'],
  ['one behind, further in the future: no clock explains that', 1, -2.001, 'reuse'],
])('%s', (_, behind, secondsAgo, expected) => {
  expect(verdict(5 - behind, { supersededSecondsAgo: Array(4).fill(secondsAgo) })).toBe(expected)
})

test('five behind is a reuse, however fast the others were', () => {
  expect(verdict(4, { live: 9, supersededSecondsAgo: [0, 0, 0, 0] })).toBe('reuse')
})

test('a generation that the row has no memory of is a reuse', () => {
  expect(verdict(3, { supersededSecondsAgo: [1] })).toBe('reuse')
  expect(verdict(4, { supersededSecondsAgo: [] })).toBe('reuse')
})

test('each generation is judged by its own time', () => {
  const supersededSecondsAgo = [400, 9, 400, 9]
  expect([4, 3, 2, 1].map((presented) => verdict(presented, { supersededSecondsAgo }))).toEqual([
    'reuse',
    'grace',
    'reuse',
    'grace',
  ])
})

test('with a lost-answer window of 0 s only the ten seconds are left', () => {
  expect(verdict(4, { supersededSecondsAgo: [10] }, 0)).toBe('grace')
  expect(verdict(4, { supersededSecondsAgo: [10.001] }, 0)).toBe('reuse')
})

test('of a session that is over every generation is told why, and none is called a reuse', () => {
  for (const presented of [1, 4, 5, 6]) {
    expect(verdict(presented, { endedReason: 'signed_out', supersededSecondsAgo: [1000] })).toBe('signed_out')
  }
})

test('a generation is never a reuse while it is live, newer, or one of the last four within ten seconds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 2 ** 31 - 2 }),
      fc.array(fc.double({ min: -2, max: 10, noNaN: true }), { minLength: 4, maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 3600 }),
      (live, supersededSecondsAgo, behind, lost) => {
        expect(verdict(live - behind, { live, supersededSecondsAgo }, lost)).toBe('grace')
      },
    ),
  )
})

test('what is not explained by a window is a reuse: no situation without a verdict, none that is milder', () => {
  const secondsAgo = fc.double({ min: -100, max: 5000, noNaN: true })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 49 }),
      fc.array(secondsAgo, { maxLength: 4 }),
      fc.integer({ min: 0, max: 3600 }),
      (live, behind, supersededSecondsAgo, lost) => {
        const ago = supersededSecondsAgo[behind - 1]
        const isInGrace = ago !== undefined && ago >= -2.0005 && ago <= 10.0005
        const isRecovered = ago !== undefined && ago >= -2.0005 && behind === 1 && ago <= lost + 0.0005
        const judged = verdict(live - behind, { live, supersededSecondsAgo }, lost)
        if (judged !== 'reuse') expect(isInGrace || isRecovered).toBe(true)
      },
    ),
  )
})
