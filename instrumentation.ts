import { noteFailure } from '#lib/http/drawing.ts'

/**
 * Next calls this once, before the first request. On our own server the runtime is there already; under plain Next
 * (`next dev`, `next start`) it is made here.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { startPlainNext } = await import('#server/plain-next.ts')
  await startPlainNext(process.env.NODE_ENV === 'development')
}

/** Next calls this with every error that it caught. */
export const onRequestError = noteFailure
