import { type DestinationStream, pino } from 'pino'
import { systemClock } from './clock.ts'

type Fields = Record<string, unknown>

export interface Log {
  debug(fields: Fields, message: string): void
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
}

type Level = 'debug' | 'info' | 'warn' | 'error'

/**
 * JSON lines. What is logged is chosen field by field at each place; nothing logs a request, a body or a row as a
 * whole, so there is nothing to redact.
 *
 * @param worker  number of the process among several, which each line then holds
 */
export function createLog(level: Level, destination: DestinationStream, worker: number | null = null): Log {
  const options = {
    level,
    base: worker === null ? null : { worker },
    timestamp: createTimestamp(),
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError },
  }
  return pino(options, destination)
}

/** ISO 8601; written once for all lines of a millisecond. */
function createTimestamp(): () => string {
  let [lastMs, text] = [Number.NaN, '']
  return () => {
    const now = systemClock.now()
    const ms = now.getTime()
    if (ms !== lastMs) [lastMs, text] = [ms, `,"time":"${now.toISOString()}"`]
    return text
  }
}

export interface ProcessLog {
  log: Log
  /** Lines dropped so far, because nobody read them. */
  dropped(): number
}

/** In characters: some 40,000 lines. A reader that stalls for longer must not cost the process its memory. */
const unreadLengthMax = 8 * 1024 * 1024
/** PIPE_BUF of Linux: what several processes write to a pipe is not mixed up to here. Lines are not cut for it. */
const wholeWriteMax = 4096
/** In bytes: what is handed over together. */
const chunkMax = 16 * 1024
/** How long a process that leaves waits for the reader of its last lines. */
const lastLinesMsMax = 1000

/**
 * The log of this process. Its lines are written by another thread, in their order; what is left is written when the
 * process exits, whatever for.
 *
 * @param fd  where to; default: standard output
 * @param unreadMax  characters that may wait for the reader; what is written beyond them is dropped
 * @param worker  number of the process among several that write to the same place
 */
export function openProcessLog(
  level: Level,
  fd = 1,
  unreadMax = unreadLengthMax,
  worker: number | null = null,
): ProcessLog {
  let [dropped, told] = [0, 0]
  let leavingMs: number | null = null
  let isStalled = false
  const stream = pino.destination({
    dest: fd,
    sync: false,
    maxLength: unreadMax,
    ...(worker !== null && { maxWrite: wholeWriteMax }),
    retryEAGAIN() {
      isStalled = true
      return leavingMs === null || performance.now() - leavingMs < lastLinesMsMax
    },
  })
  const lines = gatherLines(stream, worker === null ? chunkMax : wholeWriteMax)
  const log = createLog(level, lines, worker)
  stream.on('write', () => {
    isStalled = false
  })
  stream.on('drop', (chunk: string) => {
    dropped += chunk.split('\n').length - 1
  })
  stream.on('drain', () => {
    if (dropped === told) return
    log.warn({ event: 'log_lines_dropped', lines: dropped - told }, 'nobody read the log for a while')
    told = dropped
  })
  // Before the listener of pino, which leaves out what waits for a stalled reader, and would wait for ever.
  process.prependListener('exit', () => {
    leavingMs = performance.now()
    if (isStalled) Object.assign(stream, { _writing: false })
    try {
      lines.handOver()
      stream.flushSync()
    } catch {
      // Nobody reads: the lines are lost, and the process leaves.
    }
    stream.destroy()
  })
  return { log, dropped: () => dropped }
}

/** Between two hands-over, each of which wakes another thread: what that costs is more than a request has to spare. */
const handOverIntervalMs = 5

/**
 * Hands lines over together. One that comes alone waits for the end of its turn of the event loop only; where they come
 * all the time, those of some milliseconds go together.
 */
function gatherLines(destination: DestinationStream, bytesMax: number) {
  let [pending, bytes] = ['', 0]
  let handedOverMs = Number.NEGATIVE_INFINITY

  function handOver(): void {
    const chunk = pending
    pending = ''
    bytes = 0
    if (chunk === '') return
    handedOverMs = performance.now()
    destination.write(chunk)
  }

  function handOverSoon(): void {
    const waitMs = handedOverMs + handOverIntervalMs - performance.now()
    if (waitMs > 0) setTimeout(handOver, waitMs).unref()
    else setImmediate(handOver).unref()
  }

  return {
    handOver,
    write(line: string) {
      const size = Buffer.byteLength(line)
      if (bytes + size > bytesMax) handOver()
      if (pending === '') handOverSoon()
      pending += line
      bytes += size
    },
  }
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
