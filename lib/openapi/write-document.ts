import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contracts, describedInRoutes } from '#lib/contracts.ts'
import { assembleDocument } from './assemble-document.ts'
import recorded from './examples.json' with { type: 'json' }
import type { RecordedExamples } from './examples.ts'

/** Assembles the document from the sources of a clone, and writes it. Called by the build. */
export function writeDocument(root: string, file: string): void {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const document = assembleDocument({
    contracts,
    describedInRoutes,
    examples: recorded as RecordedExamples,
    version,
    annotatedFiles: [join(root, 'app/api/**/route.ts')],
  })
  writeFileSync(file, `${JSON.stringify(document)}\n`)
}
