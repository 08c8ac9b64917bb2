export interface InFlight {
  /** Tries under this key that are being counted or looked at. */
  entered(key: string): number
  /** Those of them that have been admitted: how they end may make room. */
  admitted(key: string): number
  enter(keys: readonly string[]): void
  admit(keys: readonly string[]): void
  leave(keys: readonly string[], wasAdmitted: boolean): void
  /** Resolves when one of those under this key has left, or after `msMax`. */
  waitForOne(key: string, msMax: number): Promise<void>
}

interface Entry {
  entered: number
  admitted: number
  waiting: (() => void)[]
}

/** The tries of this process that have no outcome yet, by budget. */
export function createInFlight(): InFlight {
  const entries = new Map<string, Entry>()

  function entryOf(key: string): Entry {
    const entry = entries.get(key) ?? { entered: 0, admitted: 0, waiting: [] }
    entries.set(key, entry)
    return entry
  }

  function forgetIfEmpty(key: string, entry: Entry) {
    if (entry.entered === 0 && entry.waiting.length === 0) entries.delete(key)
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
        // One has left, so there is room for one. The last one wakes everybody: nobody else will.
        for (const wake of entry.waiting.splice(0, entry.entered === 0 ? entry.waiting.length : 1)) wake()
        forgetIfEmpty(key, entry)
      }
    },
    waitForOne(key, msMax) {
      return new Promise((resolve) => {
        const entry = entryOf(key)
        const wake = () => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(() => {
          entry.waiting.splice(entry.waiting.indexOf(wake), 1)
          forgetIfEmpty(key, entry)
          resolve()
        }, msMax)
        entry.waiting.push(wake)
      })
    },
  }
}
