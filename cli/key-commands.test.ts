import { describe, expect, test } from 'vitest'
import { signIn } from '#test/support/api-client.ts'
import { runCommand } from '#test/support/command-line.ts'
import { serverForThisTest } from '#test/support/harness.ts'

async function installation(variables: Record<string, string> = {}) {
  const server = await serverForThisTest(variables)
  const run = (...given: string[]) => runCommand(server, ['keys', ...given])
  const list = async () => (await run('list', '--json')).json.keys as { kid: string; state: string }[]
  return { server, run, list }
}

describe('keys', () => {
  test('rotate says from when the new key signs and until when the old one verifies; list shows both', async () => {
    const { run, list } = await installation()
    const [first] = await list()

    const { exitCode, output } = await run('rotate')

    const keys = await list()
    const next = keys.find(({ state }) => state === 'waiting')?.kid
    expect(exitCode).toBe(0)
    expect(output).toMatch(
      new RegExp(
        `^Published ${next}\\.\nIt signs from [\\d: -]+ UTC on; ${first?.kid} verifies until [\\d: -]+ UTC\\.$`,
      ),
    )
    expect((await run('list')).output).toMatch(/^kid +state +signs from +verifies until\n/)
    expect((await run('rotate')).output).toContain(`${next} was published before. Nothing was changed.`)
    expect(await list()).toHaveLength(2)
  })

  test('retire and remove tell what they did; tokens of a removed key are refused', async () => {
    const { server, run, list } = await installation()
    const client = server.client()
    await signIn(client)
    const [first] = await list()
    const kid = first?.kid ?? ''

    expect((await run('retire', kid, '--json')).json.outcome).toBe('rotated')
    const removed = await run('remove', kid)

    expect(removed.output).toMatch(/^Removed\. \S+ signs now; tokens of the removed key are refused\.$/)
    expect(await client.me()).toBeProblem(401, 'invalid_token')
    expect((await run('remove', kid)).complaints).toBe(`There is no signing key "${kid}".`)
  })

  test('nothing private is printed', async () => {
    const { run } = await installation()
    for (const command of ['list', 'rotate']) {
      const { output } = await run(command, '--json')
      expect(output).not.toMatch(/sealed|"d"|private/i)
    }
  })

  test('with HS256 there are none, and that is said', async () => {
    const { run } = await installation({
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET: 'a shared secret, long enough for HS256',
    })
    for (const given of [['list'], ['rotate'], ['remove', 'x'], ['retire', 'x']]) {
      const { exitCode, complaints } = await run(...given)
      expect([exitCode, complaints]).toEqual([1, expect.stringContaining('JWT_ALGORITHM=HS256')])
    }
  })
})
