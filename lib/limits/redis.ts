import type { Secret } from '#lib/crypto/secret.ts'
import type { Log } from '#lib/runtime/log.ts'

export interface RedisHandle {
  client: unknown
  close(): Promise<void>
}

const commandTimeoutMs = 500

/** Connects to Redis. A server that is down is no reason not to start: the limits count in memory meanwhile. */
export async function openRedis(url: Secret, log: Log): Promise<RedisHandle> {
  const { Redis } = await import('ioredis')
  const client = new Redis(url.reveal(), {
    enableOfflineQueue: false,
    commandTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 1,
  })
  client.on('error', (error) => log.warn({ event: 'redis_error', error }, 'redis'))
  return { client, close: async () => client.disconnect() }
}
