import { onTestFinished } from 'vitest'
import { openSink, type SinkOptions, type SmtpSink } from './smtp-sink.ts'

/** An SMTP server of this machine that does what it is told; stopped when the test ends. */
export async function startSink(options: SinkOptions = {}): Promise<SmtpSink> {
  const sink = await openSink(options)
  onTestFinished(() => sink.stop())
  return sink
}
