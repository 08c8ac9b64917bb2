import { parseStrictJson } from '#lib/encoding/strict-json.ts'
import { isProblem, Problem } from '#lib/problems.ts'

export const bodyBytesMax = 16 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const jsonType = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

/** Refuses by the announced size alone, before anything is read. */
export function requireBodySize(headers: Headers): void {
  if (Number(headers.get('content-length') ?? 0) > bodyBytesMax) throw new Problem('body_too_large')
}

/**
 * Reads a JSON body strictly.
 *
 * @returns undefined when the request has no body
 * @throws Problem `unsupported_media_type`, `body_too_large`, `malformed_json` or, for JSON that no contract can
 *         mean (too deep, NUL, lone surrogates), `invalid_request`
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const { headers } = request
  const hasBody = Number(headers.get('content-length') ?? 0) > 0 || headers.has('transfer-encoding')
  if (!hasBody) return undefined
  requireJsonType(headers)
  const text = await readText(request)
  return text === '' ? undefined : parse(text)
}

/**
 * Reads a body as UTF-8, counting it while it comes in.
 *
 * @throws Problem `body_too_large`, or `malformed_json` when it ends early or is no UTF-8
 */
export async function readText(request: Request): Promise<string> {
  return decode(await readBytes(request))
}

function requireJsonType(headers: Headers): void {
  const type = headers.get('content-type')
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (!jsonType.test(type ?? '') || encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported_media_type', {
      because: `content-type ${type}, content-encoding ${encoding}`,
    })
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  try {
    // An announced length is kept by the HTTP parser; only a chunked body has to be counted while it comes in.
    return request.headers.has('transfer-encoding')
      ? await readCounted(request)
      : new Uint8Array(await request.arrayBuffer())
  } catch (error) {
    if (isProblem(error)) throw error
    throw new Problem('malformed_json', { because: 'the body ended early', cause: error })
  }
}

async function readCounted(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > bodyBytesMax) throw new Problem('body_too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw new Problem('malformed_json', { because: 'not UTF-8', cause: error })
  }
}

function parse(text: string): unknown {
  const parsed = parseStrictJson(text)
  if (parsed.kind === 'value') return parsed.value
  const code = parsed.kind === 'malformed' ? 'malformed_json' : 'invalid_request'
  throw new Problem(code, { because: parsed.reason, detail: `The body cannot be read: ${parsed.reason}.` })
}
