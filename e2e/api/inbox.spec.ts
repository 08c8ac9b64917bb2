import { expect, test } from '../support/api.ts'

for (const path of ['/dev/mail', '/api/dev/mail', '/dev/mail/01a203f5-bd26-7214-9f8b-658b824742ea']) {
  test(`${path} is not found on a server that sends its mail, in any way of serving`, async ({ server }) => {
    expect(await server.client().send(`${path}?key=${'A'.repeat(43)}`)).toBeProblem(404, 'not_found')
    expect(await server.client().send(path, { method: 'POST' })).toBeProblem(405, 'method_not_allowed')
  })
}
