import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Config } from '#lib/config/config.ts'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { seal } from '#lib/crypto/sealing.ts'
import { newRootSecret, oldRootSecret } from '#test/support/root-secrets.ts'
import { clearedFlashCookie, type Flash, flashCookie, readFlash } from './flash.ts'

const roots = deriveRootKeys([newRootSecret])
const now = new Date('2026-03-01T12:00:00Z')

const flash: Flash = {
  page: '/register',
  form: '',
  code: 'invalid_request',
  detail: '2 fields need attention: email, username.',
  errors: [
    { field: 'email', code: 'invalid_value', detail: 'Enter an email address.' },
    { field: 'username', code: 'invalid_value', detail: 'Use letters and digits.' },
  ],
  values: { email: 'nobody@nowhere', username: 'two words' },
  retryAfterSeconds: null,
  endedReason: null,
  requestId: '01a203f5-bd26-7214-9f8b-658b824742ea',
}

function at(appUrl: string): Config {
  return { appUrl } as Config
}

const https = at('https://auth.example.com')

/** The value that a browser sends back, and the rest of the line it was set with. */
function parts(cookie: string | null): { name: string; value: string; attributes: string } {
  const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*); (.*)$/.exec(cookie ?? '') ?? []
  return { name, value, attributes }
}

function carried(one: Flash, keys = roots): Flash | null {
  return readFlash(keys, parts(flashCookie(https, keys, one, now)).value, one.page, now)
}

describe('a refusal is carried to its page', () => {
  test('as it was', () => {
    expect(carried(flash)).toEqual(flash)
    expect(carried({ ...flash, retryAfterSeconds: 42, endedReason: 'idle' })).toMatchObject({
      retryAfterSeconds: 42,
      endedReason: 'idle',
    })
  })

  test('whatever was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(carried({ ...flash, values: { email: text } })?.values).toEqual({ email: text })
      }),
      { numRuns: 500 },
    )
  })

  test('for a minute, out of reach of scripts and of other sites', () => {
    expect(parts(flashCookie(https, roots, flash, now))).toMatchObject({
      name: '__Host-form',
      attributes: 'Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure',
    })
    expect(parts(flashCookie(at('http://localhost:8000'), roots, flash, now))).toMatchObject({
      name: 'form_8000',
      attributes: 'Path=/; HttpOnly; SameSite=Lax; Max-Age=60',
    })
  })

  test('also after the root secret was rotated meanwhile', () => {
    const before = deriveRootKeys([oldRootSecret])
    const after = deriveRootKeys([newRootSecret, oldRootSecret])
    const { value } = parts(flashCookie(https, before, flash, now))

    expect(readFlash(after, value, flash.page, now)).toEqual(flash)
    expect(readFlash(roots, value, flash.page, now)).toBeNull()
  })

  test('and taken away by a cookie of the same name', () => {
    expect(clearedFlashCookie(https)).toBe('__Host-form=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure')
  })

  test('where no cookie can be had, there is none', () => {
    expect(flashCookie(at('http://192.168.1.5:8000'), roots, flash, now)).toBeNull()
    expect(clearedFlashCookie(at('http://192.168.1.5:8000'))).toBeNull()
  })
})

describe('nobody else makes or reads one', () => {
  test('it is no text: neither what was typed nor the code is in it', () => {
    const { value } = parts(flashCookie(https, roots, flash, now))
    const bytes = Buffer.from(value, 'base64url').toString('latin1')

    for (const word of ['nobody', 'two words', 'invalid_request', '/register'])
      expect(bytes).not.toContain(word)
    expect(value).toMatch(/^[\w-]+$/)
  })

  test('the same refusal never looks the same', () => {
    const seen = Array.from({ length: 20 }, () => flashCookie(https, roots, flash, now))

    expect(new Set(seen).size).toBe(20)
  })

  test('it is for one page', () => {
    const { value } = parts(flashCookie(https, roots, flash, now))

    for (const page of ['/login', '/', '/register/', '/REGISTER', ''])
      expect(readFlash(roots, value, page, now)).toBeNull()
  })

  test('it is for a minute, also for a browser that keeps it longer', () => {
    const { value } = parts(flashCookie(https, roots, flash, now))
    const shownAfter = (seconds: number) =>
      readFlash(roots, value, flash.page, new Date(now.getTime() + seconds * 1000))

    expect(shownAfter(59)).toEqual(flash)
    expect(shownAfter(60)).toBeNull()
    expect(shownAfter(86_400)).toBeNull()
  })

  test('a changed byte anywhere, a cut and an addition make it nothing', () => {
    const { value } = parts(flashCookie(https, roots, flash, now))
    const bytes = Buffer.from(value, 'base64url')
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(bytes.readUInt8(index) ^ 1, index)
      expect(readFlash(roots, changed.toString('base64url'), flash.page, now)).toBeNull()
    }
    expect(readFlash(roots, value.slice(0, -4), flash.page, now)).toBeNull()
    expect(readFlash(roots, `${value}AAAA`, flash.page, now)).toBeNull()
  })

  test('what is none is none, whatever a browser sends', () => {
    const plain = Buffer.from(JSON.stringify(flash)).toString('base64url')
    const sealedElsewhere = seal(roots, Buffer.from(JSON.stringify(flash)), 'form').toString('base64url')
    for (const value of [null, '', '{}', plain, sealedElsewhere])
      expect(readFlash(roots, value, flash.page, now)).toBeNull()
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(readFlash(roots, text, flash.page, now)).toBeNull()
      }),
      { numRuns: 2000 },
    )
  })
})

/** RFC 6265bis: a browser ignores a cookie whose name and value are longer than this. */
const cookieLengthMax = 4096
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    field: `field-${index}`,
    code: 'unknown_field',
    detail: 'This field is not known here.',
  }))

describe('a browser keeps it, whatever it has to carry', () => {
  test('values that are too long are left out, and what was wrong with them stays', () => {
    const long = { ...flash, values: { email: 'x'.repeat(4000) } }

    expect(carried(long)).toEqual({ ...flash, values: {} })
  })

  test('fields that are too many are left out, and the sentence stays', () => {
    const names = many(300).map(({ field }) => field)
    const long = { ...flash, errors: many(300), detail: `300 fields need attention: ${names.join(', ')}.` }

    const { detail, ...rest } = carried(long) ?? { detail: '' }

    expect(rest).toEqual({ ...flash, detail: undefined, errors: [], values: {} })
    expect(detail).toMatch(/^300 fields need attention: field-0, /)
  })

  test('what does not fit at all is not sent', () => {
    expect(flashCookie(https, roots, { ...flash, page: `/login?x=${'x'.repeat(4000)}` }, now)).toBeNull()
  })

  test('nothing that is sent is longer than a browser keeps', () => {
    const sizes = fc.record({
      value: fc.nat(5000),
      count: fc.nat(120),
      detail: fc.nat(5000),
      page: fc.nat(5000),
    })

    fc.assert(
      fc.property(sizes, ({ value, count, detail, page }) => {
        const large = {
          ...flash,
          page: `/${'p'.repeat(page)}`,
          detail: 'ü'.repeat(detail),
          errors: many(count),
          values: { email: '💥'.repeat(value) },
        }
        const cookie = flashCookie(https, roots, large, now)
        expect(cookie?.length ?? 0).toBeLessThan(cookieLengthMax)
      }),
      { numRuns: 300 },
    )
  })
})
