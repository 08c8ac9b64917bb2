import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

/** The least that a program can be: one path, no limits, no headers of its own, no log, no metrics. GET / is its health. */
export function serve(work: (request: IncomingMessage, body: string) => unknown): void {
  createServer(async (request, response) => {
    const sent = request.method === 'POST' ? await text(request) : ''
    const body = JSON.stringify(await work(request, sent))
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  }).listen(Number(process.env['PORT']), '127.0.0.1')
}
