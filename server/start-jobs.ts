import type { Runtime } from '#lib/runtime/runtime.ts'

/** Lets this process do the jobs, unless workers do them or there are none. Nobody waits for it. */
export function startJobs({ config, jobs }: Runtime): void {
  if (config.jobs === 'inside' && config.mail.kind !== 'off') void jobs.start()
}
