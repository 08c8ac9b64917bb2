import { parseStrictJson } from '#lib/encoding/strict-json.ts'
import { Problem } from '#lib/problems.ts'
import type { HttpRequest, RequestHeaders } from './request.ts'

export const bodyBytesMax = 16 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const jsonType = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

/** Refuses by the announced size alone, before anything is read. */
export function requireBodySize(headers: RequestHeaders): void {
  if (Number(headers.get('content-length') ?? 0) > bodyBytesMax) throw new Problem('body_too_large')
}

/**
 * Reads a JSON body strictly.
 *
 * @returns undefined when the request has no body
 * @throws Problem `unsupported_media_type`, `body_too_large`, `malformed_json` or, for JSON that no contract can
 *         mean (too deep, NUL, lone surrogates), `invalid_request`
 */
export async function readJsonBody(request: HttpRequest): Promise<unknown> {
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
export async function readText(request: HttpRequest): Promise<string> {
  return decode(await readBytes(request))
}

function requireJsonType(headers: RequestHeaders): void {
  const type = headers.get('content-type')
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (!jsonType.test(type ?? '') || encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported_media_type', {
      because: `content-type ${type}, content-encoding ${encoding}`,
    })
  }
}

async function readBytes(request: HttpRequest): Promise<Uint8Array> {
  const bytes = await request.readBody(bodyBytesMax).catch((cause) => {
    throw new Problem('malformed_json', { because: 'the body ended early', cause })
  })
  if (!bytes) throw new Problem('body_too_large')
  return bytes
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
