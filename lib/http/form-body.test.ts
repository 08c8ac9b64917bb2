import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isProblem } from '#lib/problems.ts'
import { isFormType, parseForm } from './form-body.ts'

const form = (pairs: Record<string, string>) => new URLSearchParams(pairs).toString()

/** The code of the refusal, or what was read. */
function outcomeOf(text: string) {
  try {
    return parseForm(text)
  } catch (error) {
    return isProblem(error) ? error.code : error
  }
}

describe('the content type of a form', () => {
  test.each([
    'application/x-www-form-urlencoded',
    'APPLICATION/X-WWW-FORM-URLENCODED',
    'application/x-www-form-urlencoded;charset=utf-8',
    'application/x-www-form-urlencoded; charset=UTF-8',
    'application/x-www-form-urlencoded ; charset="utf-8"',
  ])('is %s', (type) => {
    expect(isFormType(new Headers({ 'content-type': type }))).toBe(true)
  })

  test.each([
    '',
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/x-www-form-urlencoded; charset=utf-16',
    'application/x-www-form-urlencoded; boundary=x',
    'application/x-www-form-urlencoded-not',
    'application/json, application/x-www-form-urlencoded',
    'x application/x-www-form-urlencoded',
  ])('is not %j', (type) => {
    expect(isFormType(new Headers({ 'content-type': type }))).toBe(false)
  })

  test('is none where there is no header', () => {
    expect(isFormType(new Headers())).toBe(false)
  })
})

describe('a form', () => {
  test('is its fields, the page it stands on and where it leads', () => {
    const text = form({
      _page: '/login',
      _next: '/account',
      email: 'a@example.com',
      password: 'quiet harbour',
    })

    expect(parseForm(text)).toEqual({
      page: '/login',
      next: '/account',
      form: '',
      fields: { email: 'a@example.com', password: 'quiet harbour' },
    })
  })

  test('stands on the start page and leads there when it does not say', () => {
    expect(parseForm('')).toEqual({ page: '/', next: '/', form: '', fields: {} })
    expect(parseForm('email=a')).toEqual({ page: '/', next: '/', form: '', fields: { email: 'a' } })
  })

  test('arrives as it was typed, whatever it was', () => {
    const typed = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !text.includes('\0') && !text.includes('\uFFFD'))

    fc.assert(
      fc.property(typed, typed, (email, password) => {
        expect(parseForm(form({ email, password })).fields).toEqual({ email, password })
      }),
      { numRuns: 2000 },
    )
  })

  test('keeps white space and signs, as a password may have them', () => {
    expect(parseForm('password=+a%2Bb%26c%3Dd%25++').fields).toEqual({ password: ' a+b&c=d%  ' })
  })

  test('has no field for the names that steer it, known or not', () => {
    const { fields } = parseForm('_page=/login&_next=/account&_method=DELETE&_token=x&email=a')

    expect(fields).toEqual({ email: 'a' })
  })
})

describe('a form that two readers could read in two ways is refused', () => {
  test.each([
    ['a field twice', 'email=a&email=b'],
    ['a field twice with one value', 'email=a&email=a'],
    ['a field twice, once encoded', 'email=a&%65mail=b'],
    ['the page twice', '_page=/login&_page=/account'],
    ['the next page twice', '_next=/login&_next=/account'],
    ['NUL', 'password=quiet%00harbour'],
    ['bytes that are no UTF-8', 'password=quiet%ff'],
    ['half a character', 'password=%f0%9f%92'],
    ['a lone surrogate', 'password=%ed%a0%80'],
  ])('%s', (_, text) => {
    expect(outcomeOf(text)).toBe('invalid_request')
  })

  test('the refusal names the field and not what was in it', () => {
    try {
      parseForm('password=canary%00')
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('canary')
      return
    }
    throw new Error('it was read')
  })

  test('names that objects come with are fields like others, and change no object', () => {
    const { fields } = parseForm('constructor=a&toString=b&hasOwnProperty=c&__proto__=d&__proto__[x]=e')

    expect(Object.keys(fields)).toEqual(['constructor', 'toString', 'hasOwnProperty'])
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype)
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  test('whatever is sent is a form or refused', () => {
    const pieces = fc.constantFrom('&', '=', '%', '+', ';', '_page', 'email', '%00', '%ff', '[]', '__proto__')
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 12 }).map((some) => some.join('')),
    )

    fc.assert(
      fc.property(text, (sent) => {
        const outcome = outcomeOf(sent)
        if (outcome === 'invalid_request') return
        const { page, next, fields } = outcome as ReturnType<typeof parseForm>
        for (const value of [page, next, ...Object.values(fields)]) {
          expect(typeof value).toBe('string')
          expect(value).not.toMatch(/[\0\uFFFD]/)
        }
        expect(Object.keys(fields).some((name) => name.startsWith('_'))).toBe(false)
      }),
      { numRuns: 5000 },
    )
  })
})
