import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { etagOf } from '#lib/http/etag.ts'

/** Where a build puts the document, seen from the clone (bin/build.mjs). */
export const documentFile = 'dist/openapi.json'

export interface BuiltDocument {
  text: string
  etag: string
}

let kept: Promise<BuiltDocument> | null = null

/** The document as the build made it, read once. @throws Error where nothing was built */
export function builtDocument(): Promise<BuiltDocument> {
  kept ??= read().catch((error) => {
    kept = null
    throw error
  })
  return kept
}

async function read(): Promise<BuiltDocument> {
  const text = await readFile(join(process.cwd(), documentFile), 'utf8')
  return { text, etag: etagOf(text) }
}
