import { AsyncLocalStorage } from 'node:async_hooks'

/** Is told what went wrong. */
export type NoteFailure = (error: unknown) => void

/** Next bundles copies of our modules; what one of them notes must reach the server that waits for the page. */
const place = Symbol.for('session-management.drawing')
const shared = globalThis as { [place]?: AsyncLocalStorage<NoteFailure> }

function drawings(): AsyncLocalStorage<NoteFailure> {
  shared[place] ??= new AsyncLocalStorage()
  return shared[place]
}

/** Draws a page and hears why it could not be drawn: Next catches every error and tells a hook of its own. */
export function hearingFailures<T>(note: NoteFailure, draw: () => T): T {
  return drawings().run(note, draw)
}

/** For that hook (instrumentation.ts). Does nothing where no server of ours waits for the page. */
export function noteFailure(error: unknown): void {
  drawings().getStore()?.(error)
}
