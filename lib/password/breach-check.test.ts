import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sha1Hex } from '#lib/crypto/digest.ts'
import { createLog } from '#lib/runtime/log.ts'
import { serverForThisTest } from '#test/support/harness.ts'
import { isBreachedPassword } from './breach-check.ts'

const leaked = 'a leaked little harbour'
const suffix = sha1Hex(leaked).slice(5)

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A range service on this machine; what it was asked is noted. */
async function rangeService(answer: Answer) {
  const asked: IncomingMessage[] = []
  const service = createServer((request, response) => {
    asked.push(request)
    answer(response, request)
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    service.closeAllConnections()
    service.close()
  })
  return { asked, url: `http://127.0.0.1:${(service.address() as AddressInfo).port}/range/` }
}

function noteLog() {
  const lines: string[] = []
  return { lines, log: createLog('debug', { write: (line: string) => void lines.push(line) }) }
}

const listing: Answer = (response) =>
  response.end(`${'0'.repeat(35)}:3\r\n${suffix}:42\r\n${'F'.repeat(35)}:0\r\n`)

describe('the range service', () => {
  test('finds a password that leaked, and no other', async () => {
    const { url } = await rangeService(listing)
    const { log } = noteLog()

    expect(await isBreachedPassword(url, leaked, log)).toBe(true)
    expect(await isBreachedPassword(url, `${leaked}!`, log)).toBe(false)
  })

  test('sees five characters of a hash, asks for padding, and learns nothing else', async () => {
    const { url, asked } = await rangeService(listing)

    await isBreachedPassword(url, leaked, noteLog().log)

    expect(asked).toHaveLength(1)
    expect(asked[0]?.url).toBe(`/range/${sha1Hex(leaked).slice(0, 5)}`)
    expect(asked[0]?.headers['add-padding']).toBe('true')
    expect(JSON.stringify(asked[0]?.rawHeaders)).not.toContain(suffix)
  })

  test('pads with counts of zero, which are no leaks', async () => {
    const { url } = await rangeService((response) => response.end(`${suffix}:0\r\n`))

    expect(await isBreachedPassword(url, leaked, noteLog().log)).toBe(false)
  })

  test.each<[string, Answer]>([
    ['says 500', (response) => response.writeHead(500).end(`${suffix}:42`)],
    ['redirects elsewhere', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['breaks off', (response) => response.destroy()],
    ['never answers', () => {}],
  ])('that %s lets the password pass, and that is logged without a word of it', async (_, answer) => {
    const { url } = await rangeService(answer)
    const { log, lines } = noteLog()

    expect(await isBreachedPassword(url, leaked, log)).toBe(false)

    expect(lines.join()).toContain('breach_check_failed')
    expect(lines.join()).not.toContain(leaked)
    expect(lines.join()).not.toContain(suffix)
  })
})

describe('with BREACH_CHECK=on', () => {
  test('a leaked password is 422 at a registration and at a change, and nothing is written', async () => {
    const { url } = await rangeService(listing)
    const own = await serverForThisTest({ BREACH_CHECK: 'on', BREACH_CHECK_URL: url })
    const client = own.client()
    const { account: refused, ...answer } = await client.register({ password: leaked })
    expect(answer).toBeProblem(422, 'breached_password')
    expect(await own.database.sql('SELECT 1 FROM users WHERE email = $1', [refused.email])).toEqual([])

    const { account } = await client.register()
    await client.login(account)
    const change = await client.send('/api/auth/change-password', {
      json: { current_password: account.password, new_password: leaked },
    })
    expect(change).toBeProblem(422, 'breached_password')
    expect((await own.client().login(account)).status).toBe(200)
  })

  test('off, which is the default, nobody is asked', async () => {
    const { url, asked } = await rangeService(listing)
    const own = await serverForThisTest({ BREACH_CHECK_URL: url })

    expect((await own.client().register({ password: leaked })).status).toBe(200)
    expect(asked).toEqual([])
  })
})
