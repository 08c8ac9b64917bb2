import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonDepthMax, jsonNamesMax, parseStrictJson } from './strict-json.ts'

const malformed = { kind: 'malformed', reason: expect.any(String) }
const unacceptable = { kind: 'unacceptable', reason: expect.any(String) }

describe('what every reader understands the same way is accepted', () => {
  test('any value within the depth and with well-formed texts comes back as JSON.parse reads it', () => {
    const text = fc.string({ unit: 'binary' }).map((raw) => raw.replaceAll('\0', '').toWellFormed())
    const value = fc.letrec((tie) => ({
      leaf: fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
      node: fc.oneof(
        { maxDepth: jsonDepthMax, withCrossShrink: true },
        tie('leaf'),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(text, tie('node'), { maxKeys: 4 }),
      ),
    })).node

    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (original, indent) => {
        fc.pre(namesIn(original) <= jsonNamesMax)
        const json = JSON.stringify(original, null, indent)
        expect(parseStrictJson(json)).toEqual({ kind: 'value', value: JSON.parse(json) })
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}',
    '{"a":{"b":1},"b":{"a":1}}',
    '{"a":"a","b":"a"}',
    '["a","a"]',
    '{"a":"\\",\\"a\\":"}',
    '{"A":1,"a":2}',
    '{"é":1,"e\\u0301":2}',
    ' \t\r\n{ "a" \n : 1 } ',
    '"\\ud83d\\ude00"',
    'null',
  ])('%s', (json) => {
    expect(parseStrictJson(json)).toEqual({ kind: 'value', value: JSON.parse(json) })
  })

  test('a member called __proto__ is data and changes no prototype', () => {
    const parsed = parseStrictJson('{"__proto__":{"admin":true}}')

    if (parsed.kind !== 'value') throw new Error('refused')
    expect(Object.keys(parsed.value as object)).toEqual(['__proto__'])
    expect((parsed.value as { admin?: boolean }).admin).toBeUndefined()
  })
})

describe('a name that occurs twice in one object is malformed', () => {
  test.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"\\u0061":2}',
    '{"\\u0061":1,"\\u0061":2}',
    '{"\\/":1,"/":2}',
    '{"\\u002f":1,"\\/":2}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":1 , "a"\n\t:2}',
    '{"a":{"x":1,"x":2}}',
    '[[{"a":1},{"b":1,"b":1}]]',
    '{"a":[{"b":1}],"a":2}',
    '{"a":{"a":1},"a":2}',
    '{"\\ud83d\\ude00":1,"😀":2}',
  ])('%s', (json) => {
    expect(parseStrictJson(json)).toEqual(malformed)
  })

  test('at any depth, however the name is escaped the second time', () => {
    const name = fc.string({ minLength: 1, maxLength: 6 })
    const depth = fc.integer({ min: 0, max: jsonDepthMax - 1 })

    fc.assert(
      fc.property(name, depth, fc.boolean(), (text, level, inArrays) => {
        const escaped = [...text].map(escapeCharacter).join('')
        const twice = `{${JSON.stringify(text)}:1,"other":null,"${escaped}":2}`
        const [open, close] = inArrays ? ['[', ']'] : ['{"in":', '}']
        expect(parseStrictJson(open.repeat(level) + twice + close.repeat(level))).toEqual(malformed)
      }),
    )
  })
})

describe('what is not JSON is malformed', () => {
  test.each([
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    '[1,]',
    '01',
    'NaN',
    '{} {}',
    '"\u0001"',
    '// no\n{}',
    '\u00a0{}',
  ])('%j', (text) => {
    expect(parseStrictJson(text)).toEqual(malformed)
  })

  test('a byte order mark before the value is malformed', () => {
    expect(parseStrictJson('\ufeff{}')).toEqual(malformed)
    expect(parseStrictJson(Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]).toString('utf8'))).toEqual(malformed)
  })
})

describe('JSON that some reader would trip over is unacceptable', () => {
  test('nesting is accepted up to the limit and refused one beyond, in arrays and objects', () => {
    const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

    for (const nest of [arrays, objects]) {
      expect(parseStrictJson(nest(jsonDepthMax)).kind).toBe('value')
      expect(parseStrictJson(nest(jsonDepthMax + 1))).toEqual(unacceptable)
      expect(parseStrictJson(nest(5000))).toEqual(unacceptable)
    }
  })

  test('names are accepted up to the limit and refused one beyond, wherever they stand', () => {
    const flat = (count: number) => `{${Array.from({ length: count }, (_, n) => `"n${n}":0`).join()}}`
    const apart = (count: number) => `[${Array(count).fill('{"a" : "b"}').join()}]`
    const within = (count: number) => `{"in":[${flat(count - 1)}]}`

    for (const spread of [flat, apart, within]) {
      expect(parseStrictJson(spread(jsonNamesMax)).kind).toBe('value')
      expect(parseStrictJson(spread(jsonNamesMax + 1))).toEqual(unacceptable)
    }
    expect(parseStrictJson(JSON.stringify(Array(500).fill('a:'))).kind).toBe('value')
  })

  test('many siblings are not depth, nor are brackets inside a text', () => {
    expect(parseStrictJson(`[${Array(500).fill('[]').join()}]`).kind).toBe('value')
    expect(parseStrictJson(JSON.stringify('['.repeat(500))).kind).toBe('value')
  })

  test.each([
    ['"\\u0000"', 'NUL'],
    ['{"a":["b\\u0000c"]}', 'NUL within a value'],
    ['{"\\u0000":1}', 'NUL in a name'],
    ['"\\ud800"', 'a high surrogate alone'],
    ['"\\udc00"', 'a low surrogate alone'],
    ['"\\udc00\\ud800"', 'a pair in the wrong order'],
    ['{"a\\ud83d":1}', 'a lone surrogate in a name'],
    ['["\ud800"]', 'a lone surrogate that is not escaped'],
  ])('%s is refused: %s', (json) => {
    expect(parseStrictJson(json)).toEqual(unacceptable)
  })

  test('a backslash before the letters of an escape is text, not NUL', () => {
    expect(parseStrictJson('"\\\\u0000"')).toEqual({ kind: 'value', value: '\\u0000' })
  })
})

test('no text at all makes it throw', () => {
  const fragment = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    'a',
    '\\u0000',
    '\ud800',
    '1',
    ' ',
  )
  const jsonLike = fc.array(fragment, { maxLength: 24 }).map((parts) => parts.join(''))

  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), jsonLike), (text) => {
      expect(['value', 'malformed', 'unacceptable']).toContain(parseStrictJson(text).kind)
    }),
    { numRuns: 5000 },
  )
})

test('a text as long as a request may be is read in one go', () => {
  const long = JSON.stringify({ password: '\\"x'.repeat(5000) })

  expect(parseStrictJson(long)).toEqual({ kind: 'value', value: JSON.parse(long) })
})

function namesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, inner) => sum + namesIn(inner), own)
}

function escapeCharacter(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')
}
