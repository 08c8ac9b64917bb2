import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Config } from '#lib/config/config.ts'
import { Problem, type ProblemCode, problems } from '#lib/problems.ts'
import { problemPage } from './problem-page.ts'

const config = { appName: 'Session Management' } as Config
const navigation = { isNavigation: true, hasPages: true }
const requestId = '01a203f5-bd26-7214-9f8b-658b824742ea'

function draw(code: ProblemCode, options: ConstructorParameters<typeof Problem>[1] = {}, appName?: string) {
  const reply = problemPage(
    appName ? ({ appName } as Config) : config,
    new Problem(code, options),
    requestId,
    navigation,
  )
  return { ...reply, body: reply.body ?? '' }
}

describe('a refusal as a page', () => {
  test('says what happened, what to do and which request it was, with the status of the problem', () => {
    for (const code of Object.keys(problems) as ProblemCode[]) {
      const { status, headers, body, cookies } = draw(code)
      expect(status).toBe(problems[code].status)
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(body).toContain(`<h1>${problems[code].title}</h1>`)
      expect(body).toContain(problems[code].detail.replaceAll("'", '&#39;'))
      expect(body).toContain(`${problems[code].status} ${code} · ${requestId}`)
      expect(cookies).toEqual([])
    }
  })

  test('is one document: a language, a title, one heading, a way on', () => {
    const { body } = draw('loopback_only')

    expect(body).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(body).toContain('<title>Trial mode serves this machine only · Session Management</title>')
    expect(body.match(/<h1>/g)).toHaveLength(1)
    expect(body).toContain('<a href="/">')
  })

  test('says when to come back, in the header that says so', () => {
    expect(draw('rate_limited', { retryAfterSeconds: 42 }).headers['retry-after']).toBe('42')
    expect(draw('not_found').headers).not.toHaveProperty('retry-after')
  })

  test('offers to try again when that may help, and when it is the same request', () => {
    const again = '<a class="again" href="">Try again</a>'
    const offered = (code: ProblemCode, isNavigation: boolean) =>
      problemPage(config, new Problem(code), requestId, { isNavigation, hasPages: true }).body?.includes(
        again,
      )

    expect([offered('unavailable', true), offered('internal_error', true)]).toEqual([true, true])
    expect([offered('unavailable', false), offered('not_found', true)]).toEqual([false, false])
  })

  test('leads to the start only where there is one', () => {
    const led = (hasPages: boolean) =>
      problemPage(config, new Problem('not_found'), requestId, {
        isNavigation: true,
        hasPages,
      }).body.includes('To the start')

    expect([led(true), led(false)]).toEqual([true, false])
  })

  test('shows markup as text, wherever it comes from', () => {
    const markup = `<img src=x onerror="alert('1')">&amp;`
    const shown = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;'

    expect(draw('not_found', { detail: markup }).body).toContain(`<p>${shown}</p>`)
    expect(draw('not_found', {}, markup).body).toContain(`· ${shown}</title>`)
    expect(problemPage(config, new Problem('not_found'), markup, navigation).body).toContain(
      `· ${shown}</small>`,
    )
  })

  test('keeps the private reason and the cause to itself', () => {
    const { body, headers } = draw('internal_error', {
      because: 'canary reason',
      cause: new Error('canary cause'),
    })

    expect(`${body}${JSON.stringify(headers)}`).not.toContain('canary')
  })

  test('needs nothing but itself: no script, no file, no host, and its policy allows none', () => {
    const { body, headers } = draw('misdirected_host')
    const style = /<style>([^<]*)<\/style>/.exec(body)?.[1] ?? ''
    const digest = createHash('sha256').update(style).digest('base64')

    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; frame-ancestors 'none'`,
    )
    expect(body).not.toMatch(/<script|<link|<img|<form|\bsrc=|@import|url\(|https?:/)
    expect(body.match(/ style=/g)).toBeNull()
  })

  test('has the colours of the other pages', () => {
    const tokens = new Set(
      readFileSync('lib/theme/tokens.css', 'utf8')
        .match(/light-dark\([^)]*\)/g)
        ?.map(normalise),
    )
    const used =
      draw('not_found')
        .body.match(/light-dark\([^)]*\)/g)
        ?.map(normalise) ?? []

    expect(used.length).toBeGreaterThan(4)
    expect(used.filter((pair) => !tokens.has(pair))).toEqual([])
  })
})

/** #fff and #ffffff are one colour. */
function normalise(pair: string): string {
  return pair
    .toLowerCase()
    .replaceAll(/#([0-9a-f])([0-9a-f])([0-9a-f])\b/g, '#$1$1$2$2$3$3')
    .replaceAll(/\s/g, '')
}
