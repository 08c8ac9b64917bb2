import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isMailAddress,
  normaliseIdentifier,
  normaliseMailAddress,
  normaliseUsername,
  usernameShape,
} from './identifiers.ts'

describe('a mail address', () => {
  test.each([
    'anna@example.com',
    'Anna.Lind+news@mail.example.com',
    "o'brien!#$%&*+/=?^_`{|}~-@example.com",
    'a@b.co',
    '1@1.example',
    'anna@bücher.example',
    'anna@例え.テスト',
    'anna@xn--bcher-kva.example',
    `${'a'.repeat(64)}@example.com`,
    `a@${`${'b'.repeat(60)}.`.repeat(4)}com`,
  ])('%s is one', (address) => {
    expect(isMailAddress(address)).toBe(true)
  })

  test.each([
    '',
    '@',
    'anna',
    'anna@',
    '@example.com',
    'anna@localhost',
    'anna@example',
    'anna@@example.com',
    'anna@lind@example.com',
    'anna lind@example.com',
    ' anna@example.com',
    'anna@example.com ',
    'anna@example.com\n',
    'anna@example.com\r\nBcc: eve@example.com',
    'anna@example.com,eve@example.com',
    'anna@example.com;eve@example.com',
    'Anna <anna@example.com>',
    '<anna@example.com>',
    'mailto:anna@example.com',
    '"anna lind"@example.com',
    'anna(comment)@example.com',
    '.anna@example.com',
    'anna.@example.com',
    'anna..lind@example.com',
    'anna@.example.com',
    'anna@example..com',
    'anna@example.com.',
    'anna@-example.com',
    'anna@example-.com',
    'anna@exa_mple.com',
    'anna@exam ple.com',
    'anna@example.com/path',
    'anna@example.com:25',
    'anna@example.com?x',
    'anna@example.com#x',
    'anna@exam%70le.com',
    'anna@192.0.2.1',
    'anna@[192.0.2.1]',
    'anna@[IPv6:2001:db8::1]',
    'anna@0x7f.1',
    'änna@example.com',
    'anna@exa\u0000mple.com',
    'anna\u0000@example.com',
    'anna\u200b@example.com',
    'anna@exa\u200bmple.com',
    'anna@xn--.example',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(64)}.com`,
    `a@${`${'b'.repeat(60)}.`.repeat(5)}com`,
  ])('%j is none', (address) => {
    expect(isMailAddress(address)).toBe(false)
  })

  test('is stored with its local part as given and its domain in lower-case punycode', () => {
    expect(normaliseMailAddress('Anna.Lind@BÜCHER.Example')).toBe('Anna.Lind@xn--bcher-kva.example')
    expect(normaliseMailAddress('anna@ＥＸＡＭＰＬＥ.com')).toBe('anna@example.com')
  })

  test('that is one stays one, and the same one, however often it is brought into form', () => {
    const address = fc
      .tuple(fc.emailAddress(), fc.boolean())
      .map(([one, loud]) => (loud ? one.toUpperCase() : one))
    let accepted = 0
    fc.assert(
      fc.property(address, (one) => {
        if (!isMailAddress(one)) return
        accepted += 1
        const stored = normaliseMailAddress(one)
        expect(isMailAddress(stored)).toBe(true)
        expect(normaliseMailAddress(stored)).toBe(stored)
        expect(stored).toMatch(/^[\x21-\x7e]+$/)
        expect(stored.split('@')).toHaveLength(2)
      }),
      { numRuns: 1000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })

  test('is never read into text that could mean two recipients or another header, and no text is an error', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(...'aA1.@-_+"<>(),:;[]\\% \t\r\n\u0000é\u00ad\u200b\u3002．＠x'),
      maxLength: 40,
    })
    const nearly = fc.tuple(hostile, hostile).map(([local, domain]) => `a${local}@${domain}x.com`)
    fc.assert(
      fc.property(fc.oneof(hostile, nearly, fc.string({ unit: 'binary' })), (text) => {
        if (!isMailAddress(text)) return
        expect(text.split('@')).toHaveLength(2)
        expect(text).not.toMatch(/[\s<>()",:;[\]\\\0]/)
        expect(normaliseMailAddress(text)).toMatch(/^[\x21-\x7e]+@[a-z0-9.-]+$/)
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('a user name', () => {
  test.each(['anna', 'Anna_77', 'a.b', 'x-y', '123', 'мария', '花子さん', 'a'.repeat(32)])(
    '%s is one',
    (name) => {
      expect(usernameShape.test(normaliseUsername(name))).toBe(true)
    },
  )

  test.each([
    '',
    'ab',
    'a'.repeat(33),
    'anna lind',
    'anna@lind',
    'anna＠lind',
    'anna/lind',
    'anna\n',
    'anna\u200b',
    'anna\u202e',
    'a<b>c',
    '🦉🦉🦉',
    "anna'--",
  ])('%j is none', (name) => {
    expect(usernameShape.test(normaliseUsername(name))).toBe(false)
  })

  test('in another spelling is the same name: full width, ligatures, composed or not', () => {
    expect(normaliseUsername('Ａｎｎａ')).toBe('Anna')
    expect(normaliseUsername('ﬁne')).toBe('fine')
    expect(normaliseUsername('re\u0301my')).toBe(normaliseUsername('rémy'))
  })

  test('counts its length after that', () => {
    expect(usernameShape.test(normaliseUsername('ﬃ'))).toBe(true)
    expect(usernameShape.test(normaliseUsername('ﬃ'.repeat(11)))).toBe(false)
  })
})

describe('an identifier at a sign-in', () => {
  test('is spelled as the account would be', () => {
    expect(normaliseIdentifier('  anna@BÜCHER.example ')).toBe('anna@xn--bcher-kva.example')
    expect(normaliseIdentifier(' Ａｎｎａ\n')).toBe('Anna')
  })

  test('that is neither stays what it is', () => {
    for (const text of ['', '@', 'anna@', 'a b@c d', 'anna@@example.com']) {
      expect(normaliseIdentifier(` ${text} `)).toBe(text)
    }
  })

  test('may be any text: none is an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(normaliseIdentifier(text)).toBeTypeOf('string')
      }),
      { numRuns: 2000 },
    )
  })

  test('finds every account that can be registered', () => {
    const name = fc.string({ unit: fc.constantFrom(...'aÄéﬁＡ1_.-я花'), minLength: 1, maxLength: 32 })
    fc.assert(
      fc.property(name, (typed) => {
        const stored = normaliseUsername(typed)
        if (usernameShape.test(stored)) expect(normaliseIdentifier(typed)).toBe(stored)
      }),
    )
  })
})
