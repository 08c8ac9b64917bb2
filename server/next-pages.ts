import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DrawPage } from './pages-listener.ts'

export interface NextPages {
  draw: DrawPage
  /** Hot reload's web socket. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  close(): Promise<void>
}

/**
 * Loads Next into this process and prepares its pages.
 *
 * @param isDevelopment  true: compiled as they are asked for, with hot reload; false: the build in .next/
 */
export async function openNextPages(root: string, isDevelopment: boolean): Promise<NextPages> {
  const { default: next } = await import('next')
  const app = next({ dir: root, dev: isDevelopment, customServer: true })
  await app.prepare()
  const draw = app.getRequestHandler()
  const upgrade = app.getUpgradeHandler()
  return { draw, upgrade, close: () => app.close() }
}
