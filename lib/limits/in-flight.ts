/** What a try waits for: a place among those under its key, or the outcome of one that was admitted. */
export type Awaited = 'place' | 'outcome'

export interface InFlight {
  /** Tries under this key that are being counted or looked at. */
  entered(key: string): number
  /** Those of them that have been admitted: how they end may make room. */
  admitted(key: string): number
  enter(keys: readonly string[]): void
  admit(keys: readonly string[]): void
  leave(keys: readonly string[], wasAdmitted: boolean): void
  /** Resolves when one of those under this key has left, or after `msMax`. */
  waitForOne(key: string, awaited: Awaited, msMax: number): Promise<void>
}

interface Entry {
  entered: number
  admitted: number
  waiting: Record<Awaited, (() => void)[]>
}

/** The tries of this process that have no outcome yet, by budget. */
export function createInFlight(): InFlight {
  const entries = new Map<string, Entry>()

  function entryOf(key: string): Entry {
    const entry = entries.get(key) ?? { entered: 0, admitted: 0, waiting: { place: [], outcome: [] } }
    entries.set(key, entry)
    return entry
  }

  function forgetIfEmpty(key: string, { entered, waiting }: Entry) {
    if (entered + waiting.place.length + waiting.outcome.length === 0) entries.delete(key)
  }

  return {
    entered: (key) => entries.get(key)?.entered ?? 0,
    admitted: (key) => entries.get(key)?.admitted ?? 0,
    enter(keys) {
      for (const key of keys) entryOf(key).entered += 1
    },
    admit(keys) {
      for (const key of keys) entryOf(key).admitted += 1
    },
    leave(keys, wasAdmitted) {
      for (const key of keys) {
        const entry = entryOf(key)
        entry.entered -= 1
        if (wasAdmitted) entry.admitted -= 1
        for (const wake of toWake(entry, wasAdmitted)) wake()
        forgetIfEmpty(key, entry)
      }
    },
    waitForOne(key, awaited, msMax) {
      return new Promise((resolve) => {
        const entry = entryOf(key)
        const queue = entry.waiting[awaited]
        const wake = () => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(wake), 1)
          forgetIfEmpty(key, entry)
          resolve()
        }, msMax)
        queue.push(wake)
      })
    },
  }
}

/**
 * One has left, so there is a place for one. Only the outcome of an admitted try can make room in the budget: whoever
 * was refused and waits for that must not be woken by another refusal, or the two would ask the store in turns until
 * the outcome is there. The last one wakes everybody: nobody else will.
 */
function toWake({ entered, admitted, waiting }: Entry, wasAdmitted: boolean): (() => void)[] {
  const places = entered === 0 ? waiting.place.length : 1
  const outcomes = admitted === 0 ? waiting.outcome.length : Number(wasAdmitted)
  return [...waiting.place.splice(0, places), ...waiting.outcome.splice(0, outcomes)]
}
