import { onTestFinished } from 'vitest'
import { openSetup } from '#lib/auth/setup/setup.ts'
import { inboxKeyOf } from '#lib/mail/inbox-key.ts'
import { serverForThisTest, type TestServer, testAppUrl } from './harness.ts'
import { readMail } from './mailbox.ts'
import { occupation, type Stage, type Theatre } from './stage.ts'

const anna = { email: 'anna@example.com', username: 'anna', password: 'a slow green ferry' }

/** The stage that a server in this process is. Always the same person and places: the answers become examples. */
export function stageOn(server: TestServer): Stage {
  return {
    appUrl: testAppUrl,
    newcomer: anna,
    here: '203.0.113.7',
    elsewhere: '2001:db8::7',
    client: ({ address } = {}) =>
      server.client(address === undefined ? {} : { address: address ?? '127.0.0.1' }),
    async setupKey() {
      const key = await openSetup(server.runtime)
      if (!key) throw new Error('there is an administrator')
      return key.reveal()
    },
    disable: async (email) =>
      void (await server.database.sql('UPDATE users SET disabled_at = app_now() WHERE email = $1', [email])),
    promote: async (email) =>
      void (await server.database.sql(
        'INSERT INTO user_roles (user_id, role_id) SELECT id, 2 FROM users WHERE email = $1',
        [email],
      )),
    occupy: async ({ email, username }) => void (await server.database.sql(occupation, [email, username])),
    async newestMail(address, template) {
      const mail = (await readMail(server, address)).findLast((one) => one.template === template)
      if (!mail) throw new Error(`no ${template} came for ${address}`)
      return mail
    },
    inboxKey: async () => inboxKeyOf(server.runtime.roots).reveal(),
    later: () => server.time.advance({ seconds: 60 }),
  }
}

/** Every stage is a server in this process with a database of its own, until the test ends. */
export const innerTheatre: Theatre = {
  open: async (variables) => stageOn(await serverForThisTest(variables)),
  openEmpty: async (variables) => stageOn(await serverForThisTest(variables)),
  async openStarting() {
    const server = await serverForThisTest()
    server.runtime.phase = 'starting'
    return stageOn(server)
  },
  atEnd: (close) => onTestFinished(close),
}
