import { contracts } from '#lib/contracts.ts'
import { problemsOf } from '#lib/http/contract.ts'
import { problems } from '#lib/problems.ts'
import { type PlayableCode, refusals } from '#test/support/refusal-scenes.ts'
import { operationsWithProvider } from '#test/support/scene-requests.ts'
import { successes } from '#test/support/success-scenes.ts'
import { expect, test } from '../support/api.ts'
import { type OuterTheatre, openTheatre } from '../support/outer-theatre.ts'

// The scenes of test/openapi-proof.test.ts over HTTP: every answer is held against its contract and against the OpenAPI
// document. Left to that test are the refusals of test/support/inner-refusal-scenes.ts, which nobody outside can provoke.

const codes = Object.keys(refusals) as PlayableCode[]
/** Those with a provider are in social.spec.ts. */
const played = contracts.filter(
  ({ operationId }) => !operationsWithProvider.has(operationId) && operationId !== 'listIdentities',
)

test.describe('the document says what is answered', () => {
  let theatre: OuterTheatre
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are asked for from this pattern
  test.beforeAll(({}, info) => {
    theatre = openTheatre(String(info.project.metadata['server']))
  })
  test.afterAll(() => theatre.close())

  for (const { operationId } of played) {
    test(`when ${operationId} succeeds`, async () => {
      const given = Object.entries((await successes[operationId]?.(theatre)) ?? {})

      expect(given.length).toBeGreaterThan(0)
      for (const [name, { answer, again }] of given)
        expect(answer.status, `${name} ${answer.text}`).toBe(again ?? 200)
    })
  }

  for (const code of codes) {
    test(`when it refuses with ${code}`, async () => {
      const provoke = await refusals[code](theatre)
      // What comes before an operation is chosen is documented by none, and comes from all.
      const documenting = played.filter((one) => problemsOf(one).includes(code))
      for (const contract of documenting.length > 0 ? documenting : played) {
        expect(await provoke(contract), contract.operationId).toBeProblem(problems[code].status, code)
      }
    })
  }
})
