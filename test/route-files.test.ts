import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describedInRoutes, docsContracts, contracts as operations } from '#lib/contracts.ts'
import { endpoints } from '#lib/endpoints.ts'
import { config as proxyConfig } from '../proxy.ts'
import { type OperationOf, routeFileComplaints, routeFileOf } from './support/route-files.ts'
import { parseSource, readSourceTree, type SourceFile } from './support/source-tree.ts'

const contracts = [...operations, ...docsContracts, ...describedInRoutes]
const tree = readSourceTree()
const known = await knownOperations()

/** The endpoints that the files of the table export, looked up by file and name. */
async function knownOperations(): Promise<Map<string, (typeof contracts)[number]>> {
  const files = tree.filter(({ path }) => path.endsWith('.endpoint.ts')).map(({ path }) => path)
  const loaded = await Promise.all(
    files.map(async (path) => [path, await import(/* @vite-ignore */ join(process.cwd(), path))] as const),
  )
  return new Map(
    loaded.flatMap(([path, module]) =>
      Object.entries(module).flatMap(([name, value]) => {
        const endpoint = endpoints.find((one) => one === value)
        return endpoint ? [[`${path} ${name}`, endpoint.contract] as const] : []
      }),
    ),
  )
}

const operationOf: OperationOf = (file, name) => known.get(`${file} ${name}`)
const complaints = (files: readonly SourceFile[], table: typeof contracts = contracts) =>
  routeFileComplaints(files, table, operationOf)

/** The tree with one file put in place of what is at its path. */
function planted(path: string, text: string): SourceFile[] {
  return [...tree.filter((file) => file.path !== path), parseSource(path, text)]
}

const me = 'app/api/auth/me/route.ts'
const goodBinding = `import { meEndpoint } from '#lib/auth/me/me.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(meEndpoint)
`

test('plain Next has a route file for each path of the endpoint table, with its operations, and no other', () => {
  expect(known.size).toBe(endpoints.length)
  expect(complaints(tree)).toEqual([])
})

test('each path has the file that Next looks for', () => {
  expect(routeFileOf('/api/auth/me')).toBe(me)
  expect(routeFileOf('/api/auth/sessions/{id}')).toBe('app/api/auth/sessions/[id]/route.ts')
  expect(routeFileOf('/docs/assets/{file}')).toBe('app/docs/assets/[file]/route.ts')
  expect(routeFileOf('/.well-known/jwks.json')).toBe('app/.well-known/jwks.json/route.ts')
  expect(routeFileOf('/api/auth/callback/{provider}')).toBe('app/api/auth/[...nextauth]/route.ts')
})

test('a planted violation is found: a file is missing', () => {
  for (const { path } of contracts) {
    const file = routeFileOf(path)
    expect(complaints(tree.filter((one) => one.path !== file))).toEqual([`${file} is missing`])
  }
  const unknown = 'app/api/[...path]/route.ts'
  expect(complaints(tree.filter(({ path }) => path !== unknown))).toEqual([`${unknown} is missing`])
})

test('a planted violation is found: a new operation without its file', () => {
  const table = [...contracts, { ...contracts[0], path: '/planted' }] as unknown as typeof contracts

  expect(complaints(tree, table)).toEqual(['app/planted/route.ts is missing'])
})

test.each([
  'app/api/planted/route.ts',
  'app/login/route.ts',
  'app/api/auth/me/route.tsx',
  'app/route.js',
  'app/(group)/api/auth/me/route.ts',
  'src/app/api/auth/me/route.ts',
])('a planted violation is found: %s is too many', (path) => {
  expect(complaints(planted(path, goodBinding))).toEqual([`${path} is no path of the table`])
})

test.each([
  [
    'another operation',
    goodBinding.replaceAll('meEndpoint', 'loginEndpoint').replace('me/me', 'login/login'),
  ],
  ['one operation too many', goodBinding.replace('(meEndpoint)', '(meEndpoint, loginEndpoint)')],
  ['none', goodBinding.replace('(meEndpoint)', '()')],
  ['something that is no endpoint', goodBinding.replaceAll('meEndpoint', 'meContract')],
  ['a method less', goodBinding.replace('PUT, ', '')],
  ['a handler of its own', `${goodBinding}export const TRACE = () => new Response()\n`],
  ['an option of Next', `${goodBinding}export const dynamic = 'force-static'\n`],
  ['no serve()', 'export const GET = () => Response.json({})\n'],
])('a planted violation is found: a file that binds %s', (_, text) => {
  const found = complaints(planted(me, text))

  expect(found).toHaveLength(1)
  expect(found[0]).toContain(me)
})

test('proxy.ts leaves every path of the table to its route file, and takes every page', () => {
  const [matcher = ''] = proxyConfig.matcher
  const takes = new RegExp(`^${matcher}$`)

  for (const { path } of contracts) expect(takes.test(path.replace(/\{.*\}/, 'x')), path).toBe(false)
  for (const page of [
    '/',
    '/login',
    '/register',
    '/setup',
    '/account',
    '/account/security',
    '/nowhere',
    '/apis',
    '/docs/nowhere',
    '/redocs',
  ]) {
    expect(takes.test(page), page).toBe(true)
  }
})
