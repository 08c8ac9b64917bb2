const name = 'StartRefusal'

/** Exit code of sysexits.h for a configuration error: a supervisor should not start the process again as it is. */
export const configurationExitCode = 78

/** An error whose message is a sentence for the person who starts the server; it is printed without a stack. */
export function startRefusal(sentence: string, cause?: unknown): Error {
  const error = new Error(sentence, { cause })
  error.name = name
  return error
}

export function isStartRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === name
}
