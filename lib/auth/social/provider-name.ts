import type { SocialProvider } from '#lib/config/config.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/** How people know a provider; its id when it is no longer set up. */
export function providerName(
  { config }: Pick<Runtime, 'config'>,
  { provider }: { provider: string },
): string {
  return findProvider({ config }, provider)?.name ?? provider
}

/** A provider that is set up, or null. */
export function findProvider({ config }: Pick<Runtime, 'config'>, id: string): SocialProvider | null {
  return config.social.providers.find((one) => one.id === id) ?? null
}
