/** The answer of an operation that has nothing else to tell. */
export function done(message: string): { status: 'success'; message: string } {
  return { status: 'success', message }
}
