import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { environmentSchema } from '#lib/config/schema.ts'
import { contracts, describedInRoutes } from '#lib/contracts.ts'
import { type Contract, problemsOf } from '#lib/http/contract.ts'
import { assembleDocument } from '#lib/openapi/assemble-document.ts'
import recorded from '#lib/openapi/examples.json' with { type: 'json' }
import type { RecordedExamples } from '#lib/openapi/examples.ts'
import { type JsonSchema, type OpenApiDocument, operationsOf } from '#lib/openapi/openapi-document.ts'
import { passwordBytesMax } from '#lib/password/password.contract.ts'
import { problems } from '#lib/problems.ts'

const examples = recorded as RecordedExamples
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const annotatedFiles = ['app/api/**/route.ts']
const assemble = (changes: Partial<Parameters<typeof assembleDocument>[0]> = {}) =>
  assembleDocument({ contracts, describedInRoutes, examples, version, annotatedFiles, ...changes })
const document = assemble()

function folderForThisTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'session-management-document-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What Redocly finds, with the rules of the repository. */
async function lint(linted: OpenApiDocument): Promise<string[]> {
  const file = join(folderForThisTest(), 'openapi.json')
  writeFileSync(file, JSON.stringify(linted))
  const options = ['node_modules/@redocly/cli/bin/cli.js', 'lint', file, '--config', 'redocly.yaml']
  // It would ask for its newest version, and tell that it ran.
  const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' }
  const run = promisify(execFile)(process.execPath, [...options, '--format=json'], {
    env: { ...process.env, ...quiet },
    maxBuffer: 2 ** 24,
  })
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  const report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { problems: { ruleId: string }[] }
  return report.problems.map(({ ruleId }) => ruleId)
}

describe('the OpenAPI document', () => {
  test('has nothing that Redocly complains about or warns of', async () => {
    expect(await lint(document)).toEqual([])
  })

  test('is really looked at: a planted fault is found', async () => {
    const planted = structuredClone(document)
    const me = planted.paths['/api/auth/me']?.['get']
    if (me) me.operationId = 'login'
    const example = planted.components.examples?.['rate_limited']
    if (example) example.value = { detail: 1 }

    expect(await lint(planted)).toEqual(
      expect.arrayContaining(['operation-operationId-unique', 'no-invalid-media-type-examples']),
    )
  })

  test('that was built is the one of these sources', () => {
    expect(JSON.parse(readFileSync('dist/openapi.json', 'utf8'))).toEqual(document)
  })

  test('has an operation for each contract, by the same name, and each of its statuses', () => {
    const expected = contracts.map((contract) => ({
      operationId: contract.operationId,
      statuses: statusesOf(contract).map(String),
    }))
    const found = operationsOf(document).map(({ operation }) => ({
      operationId: operation.operationId,
      statuses: Object.keys(operation.responses),
    }))
    const described = new Set<string>(describedInRoutes.map(({ operationId }) => operationId))

    expect(found.filter(({ operationId }) => !described.has(operationId))).toEqual(expected)
  })

  test('has what the route files say of the actions of Auth.js, as their contracts have it, and of no other', () => {
    const ours = new Set<string>(contracts.map(({ operationId }) => operationId))
    const found = operationsOf(document)
      .filter(({ operation }) => !ours.has(operation.operationId))
      .map(({ method, path, operation: { operationId, summary, tags, responses } }) => {
        return { operationId, method, path, summary, tags, statuses: Object.keys(responses) }
      })
    const expected = describedInRoutes.map((contract) => {
      const { operationId, method, path, summary, tag } = contract
      return { operationId, method, path, summary, tags: [tag], statuses: statusesOf(contract).map(String) }
    })
    const byId = (a: { operationId: string }, b: { operationId: string }) =>
      a.operationId < b.operationId ? -1 : 1

    expect(found.toSorted(byId)).toEqual(expected.toSorted(byId))
  })

  test('has an example for every body, every success and every refusal', () => {
    for (const { operation } of operationsOf(document)) {
      const { operationId, requestBody, responses } = operation
      const media = [requestBody, ...Object.values(responses)].flatMap((one) =>
        Object.values(one?.content ?? {}),
      )
      for (const { schema, examples: given = {} } of media) {
        const wanted = allowedCodes(schema) ?? Object.keys(given)
        expect(Object.keys(given).toSorted(), operationId).toEqual(wanted.toSorted())
        expect(wanted.length, operationId).toBeGreaterThan(0)
      }
    }
  })

  test('says the rules of a new name and a new password, and asks nothing of one that is presented', () => {
    const { PASSWORD_MIN_LENGTH: lengthMin } = environmentSchema.parse({})
    const rules = `At least PASSWORD_MIN_LENGTH characters, ${lengthMin} unless the setting says otherwise; at most 1,024 bytes.`
    const setting = { ...fieldsOf('register'), ...fieldsOf('changePassword') }
    const alike = fieldsOf('setUpFirstAdministrator')

    expect(setting['username']).toMatchObject({
      description: expect.stringMatching(/^3 to 32 letters.*NFKC/),
    })
    expect([alike['username'], alike['password']]).toEqual([setting['username'], setting['password']])
    for (const password of [setting['password'], setting['new_password']]) {
      expect(password).toMatchObject({ description: rules, maxLength: passwordBytesMax })
    }
    for (const presented of [fieldsOf('login')['password'], setting['current_password']]) {
      expect(presented).toEqual({ type: 'string', minLength: 1, format: 'password', writeOnly: true })
    }
  })

  test('names the credentials that an operation takes', () => {
    const security = Object.fromEntries(
      operationsOf(document).map(({ operation }) => [operation.operationId, operation.security]),
    )

    expect(security['getMe']).toEqual([{ bearer: [] }, { cookie: [] }])
    expect(security['logout']).toEqual([{}, { bearer: [] }, { cookie: [] }])
    expect(security['register']).toEqual([])
    expect(security['getMetrics']).toEqual([{}, { metricsToken: [] }])
  })

  test('says of an operation that is given up that it is', () => {
    const [first] = contracts
    const since = '2026-01-01T00:00:00Z'
    const given = assemble({ contracts: first ? [{ ...first, deprecated: { since, sunset: since } }] : [] })
    const [operation] = operationsOf(given)

    expect(operation?.operation.deprecated).toBe(true)
    expect(operation?.operation.responses[200]?.headers).toMatchObject({
      Deprecation: { $ref: '#/components/headers/Deprecation' },
      Sunset: { $ref: '#/components/headers/Sunset' },
    })
  })

  test('takes in what the JSDoc of a route file says of an operation, with the refusals of its contract', () => {
    const folder = folderForThisTest()
    mkdirSync(join(folder, 'oauth'))
    writeFileSync(
      join(folder, 'oauth', 'route.ts'),
      `/**
 * @openapi
 * /api/planted:
 *   get:
 *     operationId: planted
 *     responses:
 *       '302':
 *         description: Leads on.
 */
export const GET = () => {}
`,
    )
    const planted: Contract = {
      operationId: 'planted',
      method: 'GET',
      path: '/api/planted',
      summary: 'Planted',
      description: 'Planted.',
      tag: 'browser',
      principal: 'none',
      responses: {},
      problems: ['social_refused'],
    }
    const annotatedFiles = [`${folder}/**/route.ts`]
    const { paths } = assemble({ annotatedFiles, describedInRoutes: [planted] })

    const statuses = ['302', ...statusesOf(planted).map(String)].toSorted()
    expect(Object.keys(paths['/api/planted']?.['get']?.responses ?? {})).toEqual(statuses)
    expect(Object.keys(paths)).toHaveLength(new Set(contracts.map(({ path }) => path)).size + 1)
    const forgotten: Contract = { ...planted, path: '/api/forgotten' }
    expect(() => assemble({ annotatedFiles, describedInRoutes: [forgotten] })).toThrow('no route file')
  })

  test('is not assembled from JSDoc that cannot be read', () => {
    const folder = folderForThisTest()
    writeFileSync(join(folder, 'route.ts'), '/**\n * @openapi\n * /api/planted:\n *   get: {\n */\n')

    expect(() => assemble({ annotatedFiles: [`${folder}/route.ts`], describedInRoutes: [] })).toThrow('YAML')
  })
})

/** The fields of a body, by the operation that takes it. */
function fieldsOf(operationId: string): Record<string, JsonSchema> {
  const found = operationsOf(document).find(({ operation }) => operation.operationId === operationId)
  const schema = found?.operation.requestBody?.content['application/json']?.schema
  return (schema?.['properties'] ?? {}) as Record<string, JsonSchema>
}

/** What a refusal may be, by the schema of its body. */
function allowedCodes({ allOf }: JsonSchema): string[] | undefined {
  const [, narrowed] = (allOf ?? []) as { properties?: { code?: { enum?: string[] } } }[]
  return narrowed?.properties?.code?.enum
}

function statusesOf(contract: Contract): number[] {
  const refusals = problemsOf(contract).map((code) => problems[code].status)
  const successes = Object.keys(contract.responses).map(Number)
  if (contract.audience === 'public') successes.push(304)
  return [...new Set([...successes, ...refusals])].toSorted((a, b) => a - b)
}
