import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSetup } from '#lib/auth/setup/setup.ts'
import { inboxKeyOf } from '#lib/mail/inbox-key.ts'
import { brunoCollection } from '#lib/openapi/bruno-collection.ts'
import { type OpenApiDocument, operationsOf } from '#lib/openapi/openapi-document.ts'
import { readersVariables } from '#lib/openapi/request-example.ts'
import { requestsFile } from '#lib/openapi/requests-file.ts'
import type { TestServer } from './support/harness.ts'
import { stageOn } from './support/inner-theatre.ts'
import { openLinkFor, usesLink } from './support/link-scenes.ts'
import { newPerson, obtainCode, type SocialStage, socialStageForThisTest } from './support/social-scenes.ts'

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
  for (const { operation } of operationsOf(document).filter(isSendable)) {
    expect(found.filter((name) => name.endsWith(`/${operation.operationId}.bru`))).toHaveLength(1)
  }
})

test('no variable is left that nothing fills', () => {
  const text = Object.values(collection).join()
  const filled = [...Object.keys(readersVariables), 'access_token', 'refresh_token', 'id']

  for (const [, name = ''] of text.matchAll(/\{\{(\w+)\}\}/g)) expect(filled).toContain(name)
})

test('the requests of docs/requests.http succeed one after the other, as they stand there', async () => {
  const stage = await socialStageForThisTest()
  const { server } = stage
  const text = readFileSync('docs/requests.http', 'utf8')
  const variables = Object.fromEntries(
    [...text.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name, value]) => [String(name), String(value)]),
  )
  const bodies = new Map<string, unknown>()
  const sent: string[] = []
  const send = async (block: string) => {
    const { name, answer } = await sendBlock(server, block, (expression) => {
      const [operation = '', path] = expression.split('.response.body.')
      return String(path === undefined ? variables[expression] : valueAt(bodies.get(operation), path))
    })
    expect(answer.status, `${name} ${answer.text}`).toBe(200)
    bodies.set(name, answer.body)
    sent.push(name)
  }
  const blocks = text.split(/^(?=### )/m)
  const requests = blocks.filter((block) => block.includes('# @name '))
  const first = requests.filter((block) => blocks.indexOf(block) < blocks.findIndex(saysThatTheRestIsApart))

  for (const block of first) await send(block)
  for (const block of requests.slice(first.length)) {
    if (ofTheAccount.has(nameOf(block))) variables['password'] = 'a quick red tram'
    if (ofTheAccount.has(nameOf(block))) await send(requests.find((one) => nameOf(one) === 'login') ?? '')
    await fetchWhatItNeeds(stage, nameOf(block), variables)
    await send(block)
  }

  const operations = operationsOf(document)
    .filter(isSendable)
    .map(({ operation }) => operation.operationId)
  expect([...new Set(sent)].toSorted()).toEqual(operations.toSorted())
})

/** What browsers are led through is nothing to send by hand. */
const isSendable = ({ operation }: { operation: { tags: readonly string[] } }) =>
  !operation.tags.includes('browser')

/** Apart, and for somebody who has signed in again, with the password that was set before. */
const ofTheAccount = new Set(['linkSocialCode', 'connectProvider', 'unlinkIdentity', 'deleteMyAccount'])

const saysThatTheRestIsApart = (block: string) => block.startsWith('### Each of these needs something')

const nameOf = (block: string) => /^# @name (\w+)$/m.exec(block)?.[1] ?? ''

/** As the reader does: from a message, from the terminal, from memory. */
async function fetchWhatItNeeds(stage: SocialStage, operationId: string, variables: Record<string, string>) {
  const { server } = stage
  if (usesLink(operationId)) {
    variables['link_token'] = String((await openLinkFor(stageOn(server), operationId)).mail.token)
  }
  variables['inbox_key'] = inboxKeyOf(server.runtime.roots).reveal()
  variables['setup_key'] = String((await openSetup(server.runtime))?.reveal())
  if (operationId.endsWith('SocialCode')) {
    const { code, code_verifier } = await obtainCode(stage, { person: newPerson() })
    Object.assign(variables, { sign_in_code: code, code_verifier })
  }
  const [row] = await server.database.sql<{ id: string }>(
    'SELECT identities.id FROM identities JOIN users ON users.id = user_id WHERE username = $1',
    [variables['username']],
  )
  variables['identity_id'] = row?.id ?? ''
}

async function sendBlock(server: TestServer, block: string, resolve: (expression: string) => string) {
  const fill = (template: string) =>
    template.replace(/\{\{([^}]+)\}\}/g, (_, expression) => resolve(expression))
  const [, method = '', address = ''] = /^([A-Z]+) \{\{server\}\}(\S+)$/m.exec(block) ?? []
  const headers = [...block.matchAll(/^([A-Z][A-Za-z-]+): (.+)$/gm)].map(([, header, value]) => [
    String(header).toLowerCase(),
    fill(String(value)),
  ])
  const [, body] = /\n\n(\{[\s\S]*\})/.exec(block) ?? []
  const answer = await server.client({ address: '127.0.0.1' }).send(fill(address), {
    method,
    headers: Object.fromEntries(headers),
    ...(body !== undefined && { body: fill(body) }),
  })
  return { name: nameOf(block), answer }
}

/** `sessions[0].id` of a body. */
function valueAt(body: unknown, path: string): unknown {
  return path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .reduce<unknown>((value, name) => Object(value)[name], body)
}
