import { requireCurrentSchema } from '#lib/doctor/database-trouble.ts'
import { createRuntime } from '#lib/runtime/create-runtime.ts'
import { createLog } from '#lib/runtime/log.ts'
import { attach } from '#server/attach.ts'
import type { OpenOptions } from './command.ts'
import type { OpenedRuntime } from './run-cli.ts'

const interruptedExitCode = 130

/** Connects to the installation of a folder, beside its servers or without any. */
export function openInstallation(root: string) {
  return async ({ inAnyState }: OpenOptions): Promise<OpenedRuntime> => {
    const attaching = attach(root)
    const opening = attaching.then(({ config }) =>
      createRuntime(config, { log: createLog('error', process.stderr) }),
    )
    const close = once(async () => {
      await (await settled(opening))?.close()
      await (await settled(attaching))?.release()
    })
    // From the start: what was started for this command is stopped with it.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => void close().finally(() => process.exit(interruptedExitCode)))
    try {
      const runtime = await opening
      if (!inAnyState) await requireCurrentSchema(runtime, `${root}/db/migrations`)
      return { runtime, close }
    } catch (error) {
      await close()
      throw error
    }
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => {
    done ??= work()
    return done
  }
}

/** Null for what failed; whoever awaits it is told why. */
function settled<Value>(promise: Promise<Value>): Promise<Value | null> {
  return promise.catch(() => null)
}
