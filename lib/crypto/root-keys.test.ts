import { createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newRootSecret, oldRootSecret, secretWithTheIdOf } from '#test/support/root-secrets.ts'
import { deriveObjectKey, deriveRootKeys, type KeyPurpose, macOf, rootsWithId } from './root-keys.ts'

/** A new purpose is a type error here until it is part of these tests. */
const allPurposes: Record<KeyPurpose, true> = {
  refresh: true,
  cookie: true,
  sealing: true,
  device: true,
  setup: true,
  form: true,
  link: true,
  code: true,
  inbox: true,
  invitation: true,
  cursor: true,
  idempotency: true,
  dance: true,
  'auth-js': true,
}
const purposes = Object.keys(allPurposes) as KeyPurpose[]

describe('one root gives one key for each purpose', () => {
  test('each key is 32 bytes, differs from the keys of other purposes and holds nothing of the root', () => {
    const root = deriveRootKeys([oldRootSecret]).current
    const keys = purposes.map((purpose) => root.keyFor(purpose).toString('hex'))

    expect(new Set(keys).size).toBe(purposes.length)
    expect(keys.every((key) => key.length === 64)).toBe(true)
    expect(keys.join()).not.toContain(Buffer.from(oldRootSecret.reveal().slice(0, 8)).toString('hex'))
  })

  test('the keys of another root differ, purpose by purpose', () => {
    const [first, second] = [deriveRootKeys([oldRootSecret]).current, deriveRootKeys([newRootSecret]).current]

    for (const purpose of purposes) expect(first.keyFor(purpose)).not.toEqual(second.keyFor(purpose))
  })

  test('they are HKDF-SHA-256 (RFC 5869), so that a later version still reads what this one made', () => {
    const root = deriveRootKeys([oldRootSecret]).current

    for (const purpose of purposes)
      expect(root.keyFor(purpose)).toEqual(hkdf(oldRootSecret.reveal(), purpose))
    expect(root.id).toBe(hkdf(oldRootSecret.reveal(), 'root-id')[0])
  })

  test('asked again, also by another process, the key is the same', () => {
    const root = deriveRootKeys([oldRootSecret]).current

    expect(root.keyFor('cookie')).toEqual(root.keyFor('cookie'))
    expect(root.keyFor('cookie')).toEqual(deriveRootKeys([oldRootSecret]).current.keyFor('cookie'))
  })
})

describe('several roots', () => {
  test('the first makes, all verify', () => {
    const roots = deriveRootKeys([newRootSecret, oldRootSecret])

    expect(roots.current).toBe(roots.all[0])
    expect(roots.current.keyFor('refresh')).toEqual(deriveRootKeys([newRootSecret]).current.keyFor('refresh'))
    expect(roots.all.map((root) => root.id)).toEqual([
      deriveRootKeys([newRootSecret]).current.id,
      deriveRootKeys([oldRootSecret]).current.id,
    ])
  })

  test('an id is one byte and leads to its root only', () => {
    const roots = deriveRootKeys([newRootSecret, oldRootSecret])

    for (const root of roots.all) {
      expect(Number.isInteger(root.id) && root.id >= 0 && root.id <= 255).toBe(true)
      expect(rootsWithId(roots, root.id)).toEqual([root])
    }
    expect(rootsWithId(roots, 256)).toEqual([])
    expect(rootsWithId(roots, Number.NaN)).toEqual([])
  })

  test('two roots that share an id byte are both tried', () => {
    const roots = deriveRootKeys([newRootSecret, secretWithTheIdOf(newRootSecret)])

    expect(rootsWithId(roots, roots.current.id)).toEqual(roots.all)
  })

  test('without any root nothing is made', () => {
    expect(() => deriveRootKeys([])).toThrow(TypeError)
  })
})

test('each object has a key of its own under each key', () => {
  const root = deriveRootKeys([oldRootSecret]).current
  const keys = [
    deriveObjectKey(root.keyFor('refresh'), 'session 1'),
    deriveObjectKey(root.keyFor('refresh'), 'session 2'),
    deriveObjectKey(root.keyFor('cookie'), 'session 1'),
  ]

  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(3)
  expect(keys[1]).toEqual(
    Buffer.from(hkdfSync('sha256', root.keyFor('refresh'), 'session-management', 'session 2', 32)),
  )
  expect(keys.every((key) => key.length === 32)).toBe(true)
})

test('a mac is HMAC-SHA-256 in 43 characters of base64url', () => {
  const mac = macOf(Buffer.from('key'), 'The quick brown fox jumps over the lazy dog')

  expect(mac).toBe(
    Buffer.from('f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8', 'hex').toString(
      'base64url',
    ),
  )
  expect(mac).toHaveLength(43)
})

/** RFC 5869 written out for outputs of up to 32 bytes. */
function hkdf(material: string, info: string): Buffer {
  const extracted = createHmac('sha256', 'session-management').update(material).digest()
  return createHmac('sha256', extracted).update(info).update(Buffer.of(1)).digest()
}
