import { isUnanswered } from './errors.ts'

/** Remembers for a moment that the database left a statement without an answer. */
export interface Silence {
  /** @throws Error (`isConnectionLost`) while the database counts as silent */
  refuse(): void
  note(error: unknown): void
}

const silentForMs = 500

/**
 * A request may need several statements. Against a database that hangs (frozen, or behind a link that swallows
 * packets) each would wait for its own time limit; so whoever comes shortly after one is refused at once.
 */
export function watchForSilence(): Silence {
  let isSilent = false
  return {
    refuse() {
      if (isSilent)
        throw new Error('Query read timeout: the database left the last statement without an answer')
    },
    note(error) {
      if (isSilent || !isUnanswered(error)) return
      isSilent = true
      setTimeout(() => {
        isSilent = false
      }, silentForMs).unref()
    },
  }
}
