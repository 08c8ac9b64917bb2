import type { Connection } from '#db/connection.ts'
import { sendBeat } from '#db/queries/change-feed.ts'
import type { Clock } from '#lib/runtime/clock.ts'

/**
 * Numbered beats that go out the way of every write and come back the way of every change. One that came back proves
 * that whatever was committed before it was sent has been heard.
 */
export interface Pulse {
  /** Sends a beat, unless one is on its way. A failure only means that nothing is proven. */
  beat(): Promise<void>
  /** A beat came back. */
  heard(number: number): void
  /** Nothing that came back so far counts any longer: the connection is another one. */
  restart(): void
  /**
   * True while the newest beat that came back was sent at most {@link trustMs} ago. Computed at each call, because
   * after a stall a waiting request runs before any timer does.
   */
  isFresh(): boolean
  /** Milliseconds since the newest beat that came back was sent, or else since the restart. */
  silentMs(): number
  /** Database time, never behind; null while unknown. */
  databaseNow(): Date | null
}

interface Instant {
  monotonicMs: number
  wallMs: number
}

/** For how long a beat proves something, from the moment when it was sent. */
export const trustMs = 2000

/**
 * @param database  the pool that writes: its way is the one that is proven
 * @param channel  of this process alone
 */
export function createPulse(database: Connection, channel: string, clock: Clock): Pulse {
  const sent = new Map<number, Instant>()
  let beats = 0
  let sending: Promise<void> | null = null
  let proof: Instant | null = null
  let restartedMs = clock.monotonicMs()
  let time: { databaseMs: number; monotonicMs: number } | null = null

  async function send(): Promise<void> {
    beats += 1
    const number = beats
    // Noted before it is sent: however long that takes, it proves nothing younger than this.
    const instant = { monotonicMs: clock.monotonicMs(), wallMs: clock.now().getTime() }
    sent.set(number, instant)
    try {
      const now = await sendBeat(database, channel, number)
      time = { databaseMs: now.getTime(), monotonicMs: instant.monotonicMs }
    } catch (error) {
      sent.delete(number)
      throw error
    }
  }

  return {
    beat() {
      sending ??= send()
        .catch(() => {})
        .finally(() => {
          sending = null
        })
      return sending
    },
    heard(number) {
      proof = sent.get(number) ?? proof
      for (const earlier of sent.keys()) if (earlier <= number) sent.delete(earlier)
    },
    restart() {
      proof = null
      restartedMs = clock.monotonicMs()
    },
    isFresh() {
      if (!proof) return false
      // Both clocks: one stands still while the machine sleeps, the other can be set.
      return (
        clock.monotonicMs() - proof.monotonicMs <= trustMs && clock.now().getTime() - proof.wallMs <= trustMs
      )
    },
    silentMs: () => clock.monotonicMs() - (proof?.monotonicMs ?? restartedMs),
    databaseNow: () => time && new Date(time.databaseMs + clock.monotonicMs() - time.monotonicMs),
  }
}
