import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { brunoCollection } from '#lib/openapi/bruno-collection.ts'
import { type OpenApiDocument, operationsOf } from '#lib/openapi/openapi-document.ts'
import { requestsFile } from '#lib/openapi/requests-file.ts'

const document: OpenApiDocument = JSON.parse(readFileSync('dist/openapi.json', 'utf8'))
const collection = brunoCollection(document)

test('docs/requests.http is made from the document (npm run examples writes it)', async () => {
  await expect(requestsFile(document)).toMatchFileSnapshot('../docs/requests.http')
})

test.each(Object.keys(collection))('docs/bruno/%s is made from the document', async (file) => {
  await expect(collection[file]).toMatchFileSnapshot(`../docs/bruno/${file}`)
})

test('docs/bruno has no other file, and one for each operation', () => {
  const found = readdirSync('docs/bruno', { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join('docs/bruno', name)).isFile())
    .map((name) => name.replaceAll('\\', '/'))

  expect(found.toSorted()).toEqual(Object.keys(collection).toSorted())
  for (const { operation } of operationsOf(document)) {
    expect(found.filter((name) => name.endsWith(`/${operation.operationId}.bru`))).toHaveLength(1)
  }
})

test('no variable is left that nothing fills', () => {
  const text = Object.values(collection).join()
  const filled = ['server', 'email', 'username', 'password', 'access_token', 'refresh_token', 'id']

  for (const [, name = ''] of text.matchAll(/\{\{(\w+)\}\}/g)) expect(filled).toContain(name)
})
