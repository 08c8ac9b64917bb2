import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCookie, setCookie } from './cookie.ts'

describe('reading', () => {
  test.each([
    ['session=abc', 'abc'],
    ['theme=dark; session=abc; lang=mi', 'abc'],
    ['theme=dark;session=abc;lang=mi', 'abc'],
    ['  session=abc  ', 'abc'],
    ['session=a=b==', 'a=b=='],
    ['session=', ''],
  ])('in %j the cookie is %j', (header, value) => {
    expect(readCookie(header, 'session')).toBe(value)
  })

  test.each([
    null,
    '',
    'theme=dark',
    'session',
    'SESSION=abc',
    'my-session=abc',
    'session-8000=abc',
    'theme=session=abc',
  ])('%j has no cookie of this name', (header) => {
    expect(readCookie(header, 'session')).toBeNull()
  })

  test('two cookies of one name are no cookie, whatever their values and wherever they stand', () => {
    const value = fc.string({ unit: fc.constantFrom(...'abc.=-'), maxLength: 8 })
    const others = fc.array(fc.constantFrom('theme=dark', 'lang=mi', '_session=x'), { maxLength: 3 })

    fc.assert(
      fc.property(others, value, others, value, others, (before, first, between, second, after) => {
        const pairs = [...before, `session=${first}`, ...between, `session=${second}`, ...after]
        expect(readCookie(pairs.join('; '), 'session')).toBeNull()
      }),
    )
  })

  test('a value that was set comes back', () => {
    const value = fc.string({ unit: fc.constantFrom(...'ABCxyz019-_.'), maxLength: 60 })

    fc.assert(
      fc.property(value, (text) => {
        const pair = setCookie('session', text, { sameSite: 'Lax', maxAgeSeconds: null, secure: false })
        expect(readCookie(pair.split(';', 1)[0] ?? '', 'session')).toBe(text)
      }),
    )
  })
})

describe('writing', () => {
  test('a host cookie is for the whole site, over https only, out of reach of scripts, and names no domain', () => {
    const line = setCookie('__Host-session', 'abc', { sameSite: 'Lax', maxAgeSeconds: 60, secure: true })

    expect(line.split('; ')).toEqual([
      '__Host-session=abc',
      'Path=/',
      'HttpOnly',
      'SameSite=Lax',
      'Max-Age=60',
      'Secure',
    ])
  })

  test('without an age it ends with the browser, and without https it is not marked secure', () => {
    const line = setCookie('session-8000', 'abc', { sameSite: 'Strict', maxAgeSeconds: null, secure: false })

    expect(line).toBe('session-8000=abc; Path=/; HttpOnly; SameSite=Strict')
  })

  test('an age of zero is written, because it is how a cookie is removed', () => {
    const line = setCookie('session-8000', '', { sameSite: 'Lax', maxAgeSeconds: 0, secure: false })

    expect(line).toBe('session-8000=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0')
  })

  test('the name __Host- cannot be written without secure: the program does not compile', () => {
    // @ts-expect-error browsers drop such a cookie
    setCookie('__Host-session', 'abc', { sameSite: 'Lax', maxAgeSeconds: 60, secure: false })
  })
})
