import { expect, test } from 'vitest'
import { contracts, describedInRoutes, docsContracts } from '#lib/contracts.ts'
import { endpoints } from '#lib/endpoints.ts'
import { architectureRules } from './support/architecture-rules.ts'
import { parseSource, readSourceTree, type SourceFile } from './support/source-tree.ts'

const tree = readSourceTree()
const byPath = new Map(tree.map((file) => [file.path, file]))

function violations(file: SourceFile): string[] {
  return architectureRules.flatMap((rule) =>
    rule.check(file, byPath).map((what) => `${rule.name}: ${file.path} ${what}`),
  )
}

test('the house keeps its rules', () => {
  expect(tree.length).toBeGreaterThan(100)
  expect(tree.flatMap(violations)).toEqual([])
})

for (const rule of architectureRules) {
  test(`a planted violation is found: ${rule.name}`, () => {
    const planted = parseSource(rule.planted.path, rule.planted.text)

    expect(violations(planted).join('\n')).toContain(`${rule.name}: ${rule.planted.path}`)
  })
}

test('every contract has its endpoint, and every endpoint a contract that is listed', () => {
  expect(endpoints.map((endpoint) => endpoint.contract)).toEqual([
    ...contracts,
    ...docsContracts,
    ...describedInRoutes,
  ])
})

test('operation ids are unique, and so is each method of a path', () => {
  const all = [...contracts, ...docsContracts, ...describedInRoutes]
  const ids = all.map((contract) => contract.operationId)
  const places = all.map(({ method, path }) => `${method} ${path}`)

  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(places).size).toBe(places.length)
})
