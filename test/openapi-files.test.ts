import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSetup } from '#lib/auth/setup/setup.ts'
import { brunoCollection } from '#lib/openapi/bruno-collection.ts'
import { type OpenApiDocument, operationsOf } from '#lib/openapi/openapi-document.ts'
import { readersVariables } from '#lib/openapi/request-example.ts'
import { requestsFile } from '#lib/openapi/requests-file.ts'
import { serverForThisTest } from './support/harness.ts'

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
  const filled = [...Object.keys(readersVariables), 'access_token', 'refresh_token', 'id']

  for (const [, name = ''] of text.matchAll(/\{\{(\w+)\}\}/g)) expect(filled).toContain(name)
})

test('the requests of docs/requests.http succeed one after the other, as they stand there', async () => {
  const server = await serverForThisTest()
  const client = server.client({ address: '127.0.0.1' })
  const key = await openSetup(server.runtime)
  const text = readFileSync('docs/requests.http', 'utf8')
  const variables = Object.fromEntries(
    [...text.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]),
  )
  const bodies = new Map<string, unknown>()
  const fill = (template: string) =>
    template.replace(/\{\{([^}]+)\}\}/g, (_, expression: string) => {
      const [name, path] = expression.split('.response.body.')
      if (path === undefined)
        return name === 'setup_key' ? String(key?.reveal()) : String(variables[expression])
      return String(valueAt(bodies.get(String(name)), path))
    })
  const sent: string[] = []

  for (const request of text.split(/^(?=### )/m).filter((block) => block.includes('# @name '))) {
    const [, name = ''] = /^# @name (\w+)$/m.exec(request) ?? []
    const [, method = '', address = ''] = /^([A-Z]+) \{\{server\}\}(\S+)$/m.exec(request) ?? []
    const headers = [...request.matchAll(/^([A-Z][A-Za-z-]+): (.+)$/gm)].map(([, header, value]) => [
      String(header).toLowerCase(),
      fill(String(value)),
    ])
    const [, body] = /\n\n(\{[\s\S]*\})/.exec(request) ?? []
    const answer = await client.send(fill(address), {
      method,
      headers: Object.fromEntries(headers),
      ...(body !== undefined && { body: fill(body) }),
    })
    expect(answer.status, `${name} ${answer.text}`).toBe(200)
    bodies.set(name, answer.body)
    sent.push(name)
  }

  expect(sent.toSorted()).toEqual(
    operationsOf(document)
      .map(({ operation }) => operation.operationId)
      .toSorted(),
  )
})

/** `sessions[0].id` of a body. */
function valueAt(body: unknown, path: string): unknown {
  return path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .reduce<unknown>((value, name) => Object(value)[name], body)
}
