import { type DestinationStream, pino, stdTimeFunctions } from 'pino'

type Fields = Record<string, unknown>

export interface Log {
  debug(fields: Fields, message: string): void
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
}

/**
 * JSON lines on standard output. What is logged is chosen field by field at each place; nothing logs a request, a
 * body or a row as a whole, so there is nothing to redact.
 */
export function createLog(level: 'debug' | 'info' | 'warn' | 'error', destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError },
  }
  // Written by another thread, in the order of the lines; what is left is written when the process exits.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: false }))
}

/**
 * An error as a log line may hold it: name, code, message, stack, and the same of its cause. Of database errors
 * without `detail`, which quotes the values of the row.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  return {
    name: error.name,
    ...('code' in error && { code: error.code }),
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}
