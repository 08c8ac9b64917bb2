import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

interface Manifest {
  node: Record<string, unknown>
  edge: Record<string, unknown>
}

const manifestName = 'server-reference-manifest.json'
const directive = /\buse (server|cache)\b/

/** The Server Actions of a build, by the manifests that Next looks them up in: one for the whole, one for each page. */
export function serverActionsOf(build: string): { manifests: number; actions: string[] } {
  const manifests = readdirSync(join(build, 'server'), { recursive: true })
    .map(String)
    .filter((file) => file === manifestName || file.endsWith(`/${manifestName}`))
  const actions = manifests.flatMap((file) => {
    const { node, edge }: Manifest = JSON.parse(readFileSync(join(build, 'server', file), 'utf8'))
    return [...Object.keys(node), ...Object.keys(edge)].map((id) => `${file} ${id}`)
  })
  return { manifests: manifests.length, actions }
}

/** Where a source says `'use server'`: at its top, or in a function. */
export function serverDirectivesOf(path: string, text: string): string[] {
  if (!directive.test(text)) return []
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node) => {
    const isText = ts.isExpressionStatement(node) && ts.isStringLiteralLike(node.expression)
    if (isText && directive.test(node.expression.text)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
      found.push(`${path} line ${line + 1}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
