import { expect, test } from 'vitest'
import type { Connection } from '#db/connection.ts'
import { createPulse, trustMs } from './pulse.ts'

/** A beat that came back at once, by two clocks that move apart. */
async function heardBeat() {
  const at = { monotonicMs: 1_000_000, wallMs: Date.UTC(2026, 0, 1) }
  const database = { run: async () => [{ now: new Date(at.wallMs) }] } as unknown as Connection
  const clock = { now: () => new Date(at.wallMs), monotonicMs: () => at.monotonicMs }
  const pulse = createPulse(database, 'a channel', clock)
  await pulse.beat()
  pulse.heard(1)
  return { pulse, at }
}

test('a beat proves nothing any more once either clock says that it is too old', async () => {
  for (const clock of ['monotonicMs', 'wallMs'] as const) {
    const { pulse, at } = await heardBeat()
    at[clock] += trustMs
    expect(pulse.isFresh(), clock).toBe(true)
    at[clock] += 1
    expect(pulse.isFresh(), clock).toBe(false)
  }
})

test('a wall clock that is set back does not make it younger', async () => {
  const { pulse, at } = await heardBeat()
  at.wallMs -= 3_600_000
  at.monotonicMs += trustMs + 1

  expect(pulse.isFresh()).toBe(false)
})
