import { authJsContracts } from '#lib/auth/social/auth-js.contract.ts'
import type { Contract } from '#lib/http/contract.ts'
import type { SourceFile } from './source-tree.ts'

type Operation = Pick<Contract, 'method' | 'path'>

/** Operations by the name of their endpoint and the file that exports it. */
export type OperationOf = (file: string, name: string) => Operation | undefined

const catchAll = 'app/api/[...path]/route.ts'
const authJsFile = 'app/api/auth/[...nextauth]/route.ts'
const linesMax = 12
/** It binds every action of Auth.js. */
const authJsLinesMax = 30

/** Where Next looks for the handlers of a path: `/api/auth/sessions/{id}` is app/api/auth/sessions/[id]/route.ts. */
export function routeFileOf(path: string): string {
  if (authJsContracts.some((contract) => contract.path === path)) return authJsFile
  return `app${path.replace(/\{([a-z_]+)\}/, '[$1]')}/route.ts`
}

/**
 * Complaints about the files that bind the endpoint table to Next: one that is missing, one that is too many, one that
 * binds other operations than its path has, or keeps a method from us.
 */
export function routeFileComplaints(
  files: readonly SourceFile[],
  table: readonly Operation[],
  operationOf: OperationOf,
): string[] {
  const found = new Map(files.filter(({ path }) => isRouteFile(path)).map((file) => [file.path, file]))
  const expected = new Set([catchAll, ...table.map(({ path }) => routeFileOf(path))])
  const missing = [...expected].filter((path) => !found.has(path)).map((path) => `${path} is missing`)
  const extra = [...found.keys()]
    .filter((path) => !expected.has(path))
    .map((path) => `${path} is no path of the table`)
  const present = [...found.values()].filter(({ path }) => expected.has(path))
  return [...missing, ...extra, ...present.flatMap((file) => complaintsAbout(file, table, operationOf))]
}

/** Next takes any of these names, in any folder below app/. */
function isRouteFile(path: string): boolean {
  return /^(src\/)?app\/(.*\/)?route\.(ts|tsx|js|jsx|mjs)$/.test(path)
}

function complaintsAbout(file: SourceFile, table: readonly Operation[], operationOf: OperationOf): string[] {
  const wanted = table.filter(({ path }) => routeFileOf(path) === file.path).map(label)
  const bound = boundOperations(file, operationOf)
  return [
    ...(bound === null ? [`${file.path} does not bind every method with serve()`] : []),
    ...(bound && bound.toSorted().join() !== wanted.toSorted().join()
      ? [
          `${file.path} binds ${bound.join(', ') || 'nothing'}, its path has ${wanted.join(', ') || 'nothing'}`,
        ]
      : []),
    ...(linesOf(file) > (file.path === authJsFile ? authJsLinesMax : linesMax)
      ? [`${file.path} has ${linesOf(file)} lines`]
      : []),
  ]
}

/** Without what it says for the OpenAPI document. */
function linesOf({ text }: SourceFile): number {
  return text.replace(/^\/\*\*.*?\*\/\n/gms, '').split('\n').length - 1
}

const label = ({ method, path }: Operation) => `${method} ${path}`
const binding = /^export const \{ GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS \} = serve\(([\w\s,]*)\)$/m

/** What a route file gives to serve(); null when it does something else. */
function boundOperations(file: SourceFile, operationOf: OperationOf): string[] | null {
  const [, given] = binding.exec(file.text) ?? []
  const exported = file.text.match(/^export /gm) ?? []
  if (given === undefined || exported.length !== 1) return null
  const names = given.split(',').map((name) => name.trim())
  return names.filter((name) => name !== '').map((name) => labelOf(file, name, operationOf))
}

function labelOf({ imports, text }: SourceFile, name: string, operationOf: OperationOf): string {
  const source = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '#?([^']+)'`).exec(text)?.[1] ?? ''
  const isImported = imports.some(({ target }) => target === source)
  const operation = isImported ? operationOf(source, name) : undefined
  return operation ? label(operation) : `${name}, which is no endpoint`
}
