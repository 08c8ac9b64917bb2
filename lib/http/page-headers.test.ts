import { describe, expect, test } from 'vitest'
import type { Config } from '#lib/config/config.ts'
import { systemRandom } from '#lib/runtime/random.ts'
import { pageHeaders, pagePolicy } from './page-headers.ts'
import { preparePage } from './page-request.ts'

const appUrl = 'http://localhost:8000'
const nonce = 'bm9uY2Ugb2YgdGhpcyE='

function directives(policy: string): Map<string, string[]> {
  return new Map(
    policy.split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ')
      return [name, sources]
    }),
  )
}

describe('the policy of a page', () => {
  const policy = directives(pagePolicy(nonce, false))

  test('lets scripts and styles run that carry its nonce or are files of ours, and no other', () => {
    expect(policy.get('script-src')).toEqual(["'self'", `'nonce-${nonce}'`, "'strict-dynamic'"])
    expect(policy.get('style-src')).toEqual(["'self'", `'nonce-${nonce}'`])
  })

  test('knows no other host, and nothing unsafe', () => {
    const sources = [...policy.values()].flat()

    expect(sources.filter((source) => /unsafe|\*|https?:|\/\//.test(source))).toEqual([])
    expect(policy.get('default-src')).toEqual(["'self'"])
    expect(policy.get('connect-src')).toEqual(["'self'"])
  })

  test('lets nobody frame the page, plant an object or a base, or send its forms elsewhere', () => {
    expect(policy.get('frame-ancestors')).toEqual(["'none'"])
    expect(policy.get('object-src')).toEqual(["'none'"])
    expect(policy.get('base-uri')).toEqual(["'none'"])
    expect(policy.get('form-action')).toEqual(["'self'"])
  })

  test('names each directive once: a browser takes the first', () => {
    const names = pagePolicy(nonce, false)
      .split('; ')
      .map((directive) => directive.split(' ', 1)[0])

    expect(new Set(names).size).toBe(names.length)
  })

  test('is wider in development only, by what hot reload needs', () => {
    const wider = directives(pagePolicy(nonce, true))
    const changed = [...wider].filter(([name, sources]) => sources.join() !== policy.get(name)?.join())

    expect(changed).toEqual([
      ['script-src', ["'self'", `'nonce-${nonce}'`, "'strict-dynamic'", "'unsafe-eval'"]],
      ['style-src', ["'self'", "'unsafe-inline'"]],
      ['connect-src', ["'self'", 'ws:']],
    ])
  })
})

describe('the headers of a page', () => {
  test('keep it out of every store and frame, and its address out of every other site', () => {
    expect(pageHeaders({ appUrl }, 'the policy')).toEqual({
      'cache-control': 'no-store',
      'content-security-policy': 'the policy',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      'referrer-policy': 'strict-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  })

  test('ask browsers to stay on https where the server is on https, and nowhere else', () => {
    const https = pageHeaders({ appUrl: 'https://auth.example.com' }, '')

    expect(https['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    expect(pageHeaders({ appUrl }, '')).not.toHaveProperty('strict-transport-security')
  })
})

describe('a page that is about to be drawn', () => {
  const prepare = (cookies: string | null, url = appUrl) =>
    preparePage({ config: { appUrl: url } as Config, random: systemRandom }, cookies, false)

  test('has a nonce of its own, of 128 bits, on the request and on the answer alike', () => {
    const policies = Array.from({ length: 50 }, () => {
      const { policy, responseHeaders } = prepare(null)
      expect(responseHeaders['content-security-policy']).toBe(policy)
      return /'nonce-([\w+/]{22}==)'/.exec(policy)?.[1]
    })

    expect(new Set(policies).size).toBe(50)
    expect(policies).not.toContain(undefined)
  })

  test('takes away the refusal that it shows, and sets no cookie otherwise', () => {
    expect(prepare('theme=dark; form_8000=sealed').responseHeaders['set-cookie']).toBe(
      'form_8000=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0',
    )
    for (const cookies of [null, '', 'theme=dark', 'form_8001=sealed', 'session_8000=x']) {
      expect(prepare(cookies).responseHeaders).not.toHaveProperty('set-cookie')
    }
    expect(prepare('__Host-form=x', 'https://auth.example.com').responseHeaders['set-cookie']).toContain(
      '__Host-form=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure',
    )
  })
})
