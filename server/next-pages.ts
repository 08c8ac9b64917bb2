import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DrawPage } from './draw-page.ts'

export interface NextPages {
  draw: DrawPage
  /** Hot reload's web socket. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): Promise<void>
}

/**
 * Loads Next into this process and prepares its pages.
 *
 * @param isDevelopment  true: compiled as they are asked for, with hot reload; false: the build in .next/
 */
export async function openNextPages(root: string, isDevelopment: boolean): Promise<NextPages> {
  const { default: next } = await import('next')
  // Next waits for upgrades on the first server it meets, answers none in production, and asks about none. So it gets
  // one that nobody connects to, and hears there of those that are let in.
  const httpServer = createServer()
  // Quiet: what fails is in our log (instrumentation.ts), with the id of its request.
  const app = next({ dir: root, dev: isDevelopment, customServer: true, quiet: !isDevelopment, httpServer })
  await app.prepare()
  const draw = app.getRequestHandler()
  return {
    draw,
    upgrade(incoming, socket, head) {
      // It waits since it drew the first page.
      if (!httpServer.emit('upgrade', incoming, socket, head)) socket.destroy()
    },
    close: () => app.close(),
  }
}
