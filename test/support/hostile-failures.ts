import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { BackEndpoint, Failure, Fault } from './hostile-control.ts'
import { htmlPage } from './loopback-server.ts'

const failures: Record<Failure, (response: ServerResponse, elsewhere: string) => void> = {
  '500': (response) => void response.writeHead(500, json).end('{"error":"server_error"}'),
  silent: () => {},
  cut: (response) => void response.destroy(),
  endless: (response) => drip(response.writeHead(200, json)),
  bomb: (response) => void response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(bomb()),
  garbage: (response) => void response.writeHead(200, json).end('{"access_token": \u0000\u0007'),
  html: (response) =>
    void response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end(htmlPage('Down for maintenance', '<script>document.title = "ran"</script>')),
  empty: (response) => void response.writeHead(200, json).end(),
  redirect: (response, elsewhere) => void response.writeHead(307, { location: elsewhere }).end(),
}

const json = { 'content-type': 'application/json' }
const dripMs = 5
const bombBytes = 64 * 1024 * 1024

let packed: Buffer | undefined

/** A text of JSON, as small as it gets; packed when it is first wanted. */
function bomb(): Buffer {
  packed ??= gzipSync(`{"access_token":"${'x'.repeat(bombBytes)}"}`)
  return packed
}

/** Fails as it was told to. @returns whether it was told to */
export function failsAt(
  endpoint: BackEndpoint,
  faults: ReadonlySet<Fault>,
  response: ServerResponse,
  elsewhere: string,
): boolean {
  const failure = (Object.keys(failures) as Failure[]).find((one) => faults.has(`${endpoint}-${one}`))
  if (failure) failures[failure](response, elsewhere)
  return failure !== undefined
}

/** A text of JSON that goes on until the reader has enough. */
function drip(response: ServerResponse): void {
  response.write('{"access_token":"')
  const dripping = setInterval(() => response.write('x'.repeat(1024)), dripMs)
  response.on('close', () => clearInterval(dripping))
}
