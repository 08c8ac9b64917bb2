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
    const attachment = await attach(root)
    const runtime = await createRuntime(attachment.config, { log: createLog('error', process.stderr) }).catch(
      async (error) => {
        await attachment.release()
        throw error
      },
    )
    let closing: Promise<void> | null = null
    const close = () => {
      closing ??= runtime.close().then(attachment.release)
      return closing
    }
    // What was started for this command is stopped with it.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => void close().finally(() => process.exit(interruptedExitCode)))
    try {
      if (!inAnyState) await requireCurrentSchema(runtime, `${root}/db/migrations`)
      return { runtime, close }
    } catch (error) {
      await close()
      throw error
    }
  }
}
