/** Marks a process in which our own listener sees each request before Next does, for the copies of this module in Next's bundles. */
const place = Symbol.for('session-management.own-server')
const marks = globalThis as { [place]?: true }

export function declareOwnServer(): void {
  marks[place] = true
}

export function hasOwnServer(): boolean {
  return marks[place] === true
}
