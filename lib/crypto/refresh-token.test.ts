import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { oneCharacterAway } from '#test/support/forged-jwt.ts'
import { newRootSecret, oldRootSecret } from '#test/support/root-secrets.ts'
import { deriveRefreshToken, readRefreshToken } from './refresh-token.ts'
import { deriveObjectKey, deriveRootKeys, macOf } from './root-keys.ts'
import type { Secret } from './secret.ts'

const roots = deriveRootKeys([oldRootSecret])
const sessionId = '01999999-aaaa-7bbb-8ccc-dddddddddddd'
const position = { sessionId, generation: 7 }
const generationMax = 2 ** 31 - 2

describe('a token is read as what it was made for', () => {
  test('every session and generation comes back, and the token is the same whoever derives it', () => {
    const generations = fc.oneof(
      fc.integer({ min: 1, max: generationMax }),
      fc.constantFrom(1, 9, 10, generationMax),
    )

    fc.assert(
      fc.property(fc.uuid(), generations, (id, generation) => {
        const made = deriveRefreshToken(roots, { sessionId: id, generation })
        const madeElsewhere = deriveRefreshToken(deriveRootKeys([oldRootSecret]), {
          sessionId: id,
          generation,
        })
        expect(readRefreshToken(roots, made.reveal())).toEqual({ sessionId: id, generation })
        expect(madeElsewhere.reveal()).toBe(made.reveal())
      }),
    )
  })

  test('no two positions share a token', () => {
    const other = '01999999-aaaa-7bbb-8ccc-ddddddddddde'
    const tokens = [1, 2, 11, 12, 111].flatMap((generation) =>
      [sessionId, other].map((id) => macPart(deriveRefreshToken(roots, { sessionId: id, generation }))),
    )

    expect(new Set(tokens).size).toBe(tokens.length)
  })
})

describe('a token that was not derived is refused', () => {
  test('every single character changed, added or lost', () => {
    const genuine = deriveRefreshToken(roots, position).reveal()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.|+/= \n\0é'
    const altered = oneCharacterAway(genuine, alphabet)

    expect(altered.filter((text) => readRefreshToken(roots, text) !== null)).toEqual([])
    expect(altered.length).toBeGreaterThan(10_000)
  })

  test('any number of characters changed', () => {
    const genuine = deriveRefreshToken(roots, position).reveal()

    fc.assert(
      fc.property(fc.string(), fc.nat(genuine.length), fc.nat(genuine.length), (text, from, length) => {
        const altered = genuine.slice(0, from) + text + genuine.slice(from + length)
        fc.pre(altered !== genuine)
        expect(readRefreshToken(roots, altered)).toBeNull()
      }),
      { numRuns: 2000 },
    )
  })

  test('the proof of another generation or of another session', () => {
    const proof = macPart(deriveRefreshToken(roots, position))
    const other = '01999999-aaaa-7bbb-8ccc-ddddddddddde'

    expect(readRefreshToken(roots, `${sessionId}.8.${roots.current.id}.${proof}`)).toBeNull()
    expect(readRefreshToken(roots, `${other}.7.${roots.current.id}.${proof}`)).toBeNull()
    expect(readRefreshToken(roots, `${sessionId}.7.${roots.current.id}.${proof}`)).toEqual(position)
  })

  test('one made under another root, also when it names this one', () => {
    const foreign = deriveRefreshToken(deriveRootKeys([newRootSecret]), position)

    expect(readRefreshToken(roots, foreign.reveal())).toBeNull()
    expect(readRefreshToken(roots, `${sessionId}.7.${roots.current.id}.${macPart(foreign)}`)).toBeNull()
  })

  test('what is no token at all', () => {
    for (const text of ['', '.', '...', 'null', sessionId, `${sessionId}.7.1.`, 'x'.repeat(100_000)]) {
      expect(readRefreshToken(roots, text)).toBeNull()
    }
  })
})

describe('a position has one spelling, even where its proof would be right', () => {
  test.each(['07', '0', '00', '-7', '+7', '7.0', '7e0', ' 7', '٧', '', String(2 ** 31 - 1), '9999999999'])(
    'generation %j is refused',
    (generation) => {
      expect(readRefreshToken(roots, tokenWithRightProof({ generation }))).toBeNull()
    },
  )

  test('a generation of hundreds of digits is refused', () => {
    expect(readRefreshToken(roots, tokenWithRightProof({ generation: '9'.repeat(400) }))).toBeNull()
  })

  test('the last generation whose successor the database can hold is accepted, the next is not', () => {
    for (const [generation, isAccepted] of [
      [generationMax, true],
      [generationMax + 1, false],
    ] as const) {
      const token = deriveRefreshToken(roots, { sessionId, generation }).reveal()
      expect(readRefreshToken(roots, token) !== null).toBe(isAccepted)
    }
  })

  test.each([
    sessionId.toUpperCase(),
    sessionId.replaceAll('-', ''),
    `{${sessionId}}`,
    `urn:uuid:${sessionId}`,
    '01999999-aaaa-7bbb-8ccc-ddddddddddd',
    '01999999-aaaa-7bbb-8ccc-dddddddddddg',
  ])('session id %s is refused', (id) => {
    expect(readRefreshToken(roots, tokenWithRightProof({ id }))).toBeNull()
  })

  test('a root id with zeros in front is refused', () => {
    const padded = deriveRefreshToken(roots, position).reveal().replace('.7.', '.7.0')

    expect(readRefreshToken(roots, padded)).toBeNull()
  })

  test('the helper of these tests makes right proofs', () => {
    expect(readRefreshToken(roots, tokenWithRightProof({}))).toEqual(position)
  })
})

describe('rotation of the root secret', () => {
  const madeBefore = deriveRefreshToken(deriveRootKeys([oldRootSecret]), position).reveal()
  const madeAfter = deriveRefreshToken(deriveRootKeys([newRootSecret, oldRootSecret]), position).reveal()

  test('old tokens keep working while the old secret is listed, and new ones are made under the new one', () => {
    for (const secrets of [
      [newRootSecret, oldRootSecret],
      [oldRootSecret, newRootSecret],
    ]) {
      expect(readRefreshToken(deriveRootKeys(secrets), madeBefore)).toEqual(position)
      expect(readRefreshToken(deriveRootKeys(secrets), madeAfter)).toEqual(position)
    }
    expect(madeAfter).toBe(deriveRefreshToken(deriveRootKeys([newRootSecret]), position).reveal())
  })

  test('once the old secret is gone its tokens are refused', () => {
    expect(readRefreshToken(deriveRootKeys([newRootSecret]), madeBefore)).toBeNull()
    expect(readRefreshToken(deriveRootKeys([newRootSecret]), madeAfter)).toEqual(position)
  })
})

function tokenWithRightProof({ id = sessionId, generation = '7' }): string {
  const key = deriveObjectKey(roots.current.keyFor('refresh'), id)
  return `${id}.${generation}.${roots.current.id}.${macOf(key, `${id}|${generation}`)}`
}

function macPart(token: Secret): string {
  return token.reveal().split('.')[3] ?? ''
}
