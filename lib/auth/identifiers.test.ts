import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NewEmail, NewUsername } from './account.contract.ts'
import {
  isMailAddress,
  judgeUsername,
  normaliseIdentifier,
  normaliseMailAddress,
  normaliseUsername,
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

function isUsername(presented: string): boolean {
  return judgeUsername(normaliseUsername(presented)) === null
}

describe('a user name', () => {
  test.each([
    'anna',
    'Anna_77',
    'a.b',
    'x-y',
    '123',
    'мария',
    'Μαρία_7',
    '花子さん',
    'ヤマダ花子',
    'anna花子',
    'अनन',
    'a'.repeat(32),
  ])('%s is one', (name) => {
    expect(isUsername(name)).toBe(true)
  })

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
    expect(isUsername(name)).toBe(false)
  })

  test.each([
    ['\u3164\u3164\u3164', 'Hangul fillers'],
    ['\u1160\u1160\u1160', 'vowel fillers'],
    ['anna\uffa0', 'a name and a half-width filler'],
    ['anna\u115f', 'a name and a consonant filler'],
    ['an\u00adna', 'a name and a soft hyphen'],
  ])('%j is none: %s show nothing', (name) => {
    expect(isUsername(name)).toBe(false)
  })

  test.each(['аdmin', 'admіn', 'αnna', 'annaΟ', 'мαрия', 'µser', 'ԁavid', 'annaհ'])(
    '%s is none: its letters are of scripts that look alike, and it says so',
    (name) => {
      expect(judgeUsername(normaliseUsername(name))).toMatch(/one alphabet/)
    },
  )

  test('with a dotted capital İ is none, composed or not', () => {
    expect(isUsername('İstanbul')).toBe(false)
    expect(isUsername('I\u0307stanbul')).toBe(false)
    expect(isUsername('ıstanbul')).toBe(true)
  })

  test('in another spelling is the same name: full width, ligatures, composed or not', () => {
    expect(normaliseUsername('Ａｎｎａ')).toBe('Anna')
    expect(normaliseUsername('ﬁne')).toBe('fine')
    expect(normaliseUsername('re\u0301my')).toBe(normaliseUsername('rémy'))
  })

  test('counts its length after that', () => {
    expect(isUsername('ﬃ')).toBe(true)
    expect(isUsername('ﬃ'.repeat(11))).toBe(false)
  })
})

describe('an identifier at a sign-in', () => {
  test('is spelled as the account would be', () => {
    expect(normaliseIdentifier('  anna@BÜCHER.example ')).toBe('anna@xn--bcher-kva.example')
    expect(normaliseIdentifier(' Ａｎｎａ\n')).toBe('Anna')
  })

  test.each([
    '@',
    'anna@',
    'a b@c d',
    'anna@@example.com',
    'alİce@example.com',
    'aliceΣ@example.com',
    'anna＠example.com',
    'anna@localhost',
    `a@${'b.'.repeat(130)}com`,
    'a'.repeat(65),
  ])("%s is nobody's", (text) => {
    expect(normaliseIdentifier(` ${text} `)).toBeNull()
  })

  test('of no account stays what it is', () => {
    for (const text of ['', 'a', 'a b', 'x'.repeat(64), "' OR 1=1"]) {
      expect(normaliseIdentifier(` ${text} `)).toBe(text.trim())
    }
  })

  test('may be any text: none is an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['string', 'object']).toContain(typeof normaliseIdentifier(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('finds every account that can be registered', () => {
    const name = fc.string({ unit: fc.constantFrom(...'aÄéﬁＡ1_.-я花'), minLength: 1, maxLength: 32 })
    fc.assert(
      fc.property(name, (typed) => {
        const stored = normaliseUsername(typed)
        if (judgeUsername(stored) === null) expect(normaliseIdentifier(typed)).toBe(stored)
      }),
    )
  })
})

describe('text of any length costs next to nothing', () => {
  const ideographs = String.fromCodePoint(...Array.from({ length: 5300 }, (_, index) => 0x4e00 + index))
  const marks = `a${'\u0301'.repeat(4000)}${'\u0316'.repeat(4000)}`
  const hostile = { address: `a@${ideographs}.com`, marked: `a@${marks}.com`, name: marks }

  /** Milliseconds for a hundred judgements of each. A single one of the whole text takes tens. */
  function cost(judge: (text: string) => unknown): number {
    const startedMs = performance.now()
    for (const text of Object.values(hostile)) for (let n = 0; n < 100; n++) judge(text)
    return performance.now() - startedMs
  }

  test('as the address and the name of a new account', () => {
    expect(cost((text) => expect(NewEmail.safeParse(text).success).toBe(false))).toBeLessThan(1000)
    expect(cost((text) => expect(NewUsername.safeParse(text).success).toBe(false))).toBeLessThan(1000)
  })

  test('as an identifier at a sign-in', () => {
    expect(cost((text) => expect(normaliseIdentifier(text)).toBeNull())).toBeLessThan(1000)
  })
})
