/** Marks a process whose requests come through our own server, for the copies of this module that Next bundles. */
const place = Symbol.for('session-management.own-server')
const marks = globalThis as { [place]?: true }

export function declareOwnServer(): void {
  marks[place] = true
}

export function hasOwnServer(): boolean {
  return marks[place] === true
}
