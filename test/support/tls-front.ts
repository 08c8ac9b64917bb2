import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from './certificate.ts'

/** What stands in front of a server and speaks https for it, under a certificate that nobody trusts. */
export interface TlsFront {
  port: number
  stop(): Promise<void>
}

export interface TlsFrontOptions {
  /** Of the server behind, on http. Asked for each request: it may start later. */
  upstream: () => string
  /** Changes the path and query on the way. */
  rewrite?: (path: string) => string
}

/** A proxy as people put one in front: it keeps the host and tells that https was spoken, and with whom. */
export async function startTlsFront({
  upstream,
  rewrite = (path) => path,
}: TlsFrontOptions): Promise<TlsFront> {
  const pass = (request: IncomingMessage, response: ServerResponse) => {
    const { hostname, port } = new URL(upstream())
    const headers = {
      ...request.headers,
      'x-forwarded-for': request.socket.remoteAddress ?? '',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': request.headers.host ?? '',
    }
    const { method } = request
    const passed = forward(
      { host: hostname, port, method, path: rewrite(request.url ?? '/'), headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  }
  const server = createServer(makeCertificate(), pass)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
