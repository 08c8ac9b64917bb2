import { describe, expect, test } from 'vitest'
import { problems } from '#lib/problems.ts'
import { useServer } from '#test/support/harness.ts'

const server = useServer()

describe('the type of a problem', () => {
  test('leads to a page that says what the code means and what to do', async () => {
    const problem = await server.client().send('/api/auth/me')
    const page = await server.client().send(new URL(problem.body.type).pathname)

    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.text).toContain('<h1><code>unauthenticated</code></h1>')
    expect(page.text).toContain('<strong>What to do.</strong>')
  })

  test('is there for every code, and nothing of its Markdown is left', async () => {
    for (const code of Object.keys(problems)) {
      const { status, text } = await server.client().send(`/docs/errors/${code}`)

      expect(status, code).toBe(200)
      expect(text.slice(text.indexOf('<main>')), code).not.toMatch(/`|\*\*|^#|\]\(/m)
    }
  })

  test('is found for nothing else', async () => {
    for (const name of ['nothing', 'toString', '..%2F..%2Fpackage', 'rate_limited.md']) {
      expect(await server.client().send(`/docs/errors/${name}`)).toBeProblem(404, 'not_found')
    }
  })
})

test('the page loads nothing, runs nothing and is framed by nobody', async () => {
  const { headers, text } = await server.client().send('/docs/errors/not_found')

  expect(headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; frame-ancestors 'none'$/,
  )
  expect(text).not.toMatch(/<script|https?:/)
})
