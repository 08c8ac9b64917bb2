import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

export interface SourceFile {
  path: string
  text: string
  lines: number
  imports: Import[]
  /** Functions and methods with a body. */
  functions: { name: string; lines: number; line: number }[]
  classes: string[]
  isAsync: boolean
}

export interface Import {
  /** A path from the root for our own files, else the package or `node:` name. */
  target: string
  /** Erased at run time. */
  isTypeOnly: boolean
}

/** All TypeScript files that git knows or could know, parsed. */
export function readSourceTree(): SourceFile[] {
  const listed = execFileSync('git', [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '*.ts',
    '*.tsx',
  ])
  const paths = [
    ...new Set(
      listed
        .toString()
        .split('\n')
        .filter((path) => path !== '' && existsSync(path)),
    ),
  ]
  return paths.map((path) => parseSource(path, readFileSync(path, 'utf8')))
}

/** Parses one file; tests plant their violations through it. */
export function parseSource(path: string, text: string): SourceFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const file: SourceFile = {
    path,
    text,
    lines: text.split('\n').length - 1,
    imports: [],
    functions: [],
    classes: [],
    isAsync: false,
  }
  visit(source, file, source)
  return file
}

function visit(node: ts.Node, file: SourceFile, source: ts.SourceFile): void {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) noteImport(node, file)
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    noteDynamicImport(node, file)
  if (ts.isClassDeclaration(node)) file.classes.push(node.name?.text ?? '(default)')
  if (ts.isAwaitExpression(node)) file.isAsync = true
  if (ts.isFunctionLike(node) && 'body' in node && node.body)
    noteFunction(node as ts.FunctionLikeDeclaration, file, source)
  ts.forEachChild(node, (child) => visit(child, file, source))
}

function noteImport(node: ts.ImportDeclaration | ts.ExportDeclaration, file: SourceFile): void {
  const { moduleSpecifier } = node
  if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) return
  file.imports.push({ target: resolveTarget(file.path, moduleSpecifier.text), isTypeOnly: isTypeOnly(node) })
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  const clause = node.importClause
  if (!clause || clause.isTypeOnly) return Boolean(clause?.isTypeOnly)
  const named = clause.namedBindings
  return (
    !clause.name &&
    Boolean(named && ts.isNamedImports(named) && named.elements.every((one) => one.isTypeOnly))
  )
}

function noteDynamicImport(node: ts.CallExpression, file: SourceFile): void {
  const [target] = node.arguments
  if (target && ts.isStringLiteral(target)) {
    file.imports.push({ target: resolveTarget(file.path, target.text), isTypeOnly: false })
  }
}

function resolveTarget(path: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1)
  return specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier
}

function noteFunction(node: ts.FunctionLikeDeclaration, file: SourceFile, source: ts.SourceFile): void {
  if (!node.body || !ts.isBlock(node.body)) return
  const start = source.getLineAndCharacterOfPosition(node.getStart(source)).line
  const end = source.getLineAndCharacterOfPosition(node.end).line
  const name = node.name && 'text' in node.name ? String(node.name.text) : '(anonymous)'
  file.functions.push({ name, lines: end - start + 1, line: start + 1 })
}
