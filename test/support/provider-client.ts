/** An application as a provider knows it. */
export interface ProviderClient {
  id: string
  secret: string
  /** Compared as they are, character by character. */
  redirectUris: readonly string[]
  /** Default: client_secret_basic. */
  authentication?: 'client_secret_basic' | 'client_secret_post'
}
