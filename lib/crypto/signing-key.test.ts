import { createHash, createPublicKey, sign, verify, webcrypto } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { newRootSecret, oldRootSecret, secretWithTheIdOf } from '#test/support/root-secrets.ts'
import { deriveRootKeys } from './root-keys.ts'
import { generateSigningKey, openSigningKey, openVerificationKey, resealSigningKey } from './signing-key.ts'

const roots = deriveRootKeys([oldRootSecret])
const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
const message = new TextEncoder().encode('message')

describe('a new signing key', () => {
  test('the kid is the RFC 7638 thumbprint of the public half', async () => {
    const { kid, publicJwk } = await generateSigningKey(roots)
    const { crv, kty, x, y } = publicJwk
    const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')

    expect(kid).toBe(thumbprint)
    expect(publicJwk).toEqual({ kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' })
  })

  test('what is stored readable has no private part, and the sealed half does not show it', async () => {
    const stored = await generateSigningKey(roots)

    expect(stored.publicJwk).not.toHaveProperty('d')
    expect(stored.privateKeySealed.includes('"d"')).toBe(false)
    expect(stored.privateKeySealed.includes('P-256')).toBe(false)
  })

  test('no two are the same', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => generateSigningKey(roots)))

    expect(new Set(made.map(({ kid }) => kid)).size).toBe(10)
  })

  test('what the private half signs, the public half verifies, as any other library does', async () => {
    const stored = await generateSigningKey(roots)
    const key = openSigningKey(roots, stored)
    if (!key) throw new Error('not opened')
    const signature = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })

    const own = await openVerificationKey(stored)
    const foreign = createPublicKey({ key: { ...stored.publicJwk }, format: 'jwk' })

    expect(await webcrypto.subtle.verify(algorithm, own, signature, message)).toBe(true)
    expect(
      verify('sha256', message, { key: foreign, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature)),
    ).toBe(true)
  })

  test('an opened private half does not show itself when it is printed', async () => {
    const key = openSigningKey(roots, await generateSigningKey(roots))

    expect(key?.type).toBe('private')
    expect(`${inspect(key)} ${JSON.stringify(key)}`).not.toContain(String(key?.export({ format: 'jwk' }).d))
  })
})

describe('a private half that does not open', () => {
  test('sealed under another root: null, and it opens while that root is still listed', async () => {
    const stored = await generateSigningKey(roots)

    expect(openSigningKey(deriveRootKeys([newRootSecret]), stored)).toBeNull()
    expect(openSigningKey(deriveRootKeys([newRootSecret, oldRootSecret]), stored)).not.toBeNull()
  })

  test('moved to the row of another key: null', async () => {
    const [first, second] = [await generateSigningKey(roots), await generateSigningKey(roots)]

    expect(openSigningKey(roots, { ...first, privateKeySealed: second.privateKeySealed })).toBeNull()
    expect(openSigningKey(roots, { ...first, kid: second.kid })).toBeNull()
  })
})

describe('sealing again after a rotation of the root secret', () => {
  const both = deriveRootKeys([newRootSecret, oldRootSecret])
  const onlyNew = deriveRootKeys([newRootSecret])

  test('the private half opens without the old root, signs as before, and is not moved to another row', async () => {
    const stored = await generateSigningKey(roots)
    const resealed = resealSigningKey(both, stored)
    if (!resealed) throw new Error('nothing was sealed again')

    const key = openSigningKey(onlyNew, { ...stored, privateKeySealed: resealed })
    if (!key) throw new Error('not opened')
    const signature = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })
    const publicKey = await openVerificationKey(stored)
    expect(await webcrypto.subtle.verify(algorithm, publicKey, signature, message)).toBe(true)

    const { kid } = await generateSigningKey(roots)
    expect(openSigningKey(onlyNew, { ...stored, kid, privateKeySealed: resealed })).toBeNull()
  })

  test('a key that the root in use opens is left alone', async () => {
    const stored = await generateSigningKey(roots)

    expect(resealSigningKey(roots, stored)).toBeNull()
    expect(resealSigningKey(deriveRootKeys([oldRootSecret, newRootSecret]), stored)).toBeNull()
    expect(resealSigningKey(both, await generateSigningKey(both))).toBeNull()
  })

  test('a key of another root with the same id byte is sealed again all the same', async () => {
    const twin = secretWithTheIdOf(oldRootSecret)
    const stored = await generateSigningKey(roots)
    const resealed = resealSigningKey(deriveRootKeys([twin, oldRootSecret]), stored)
    if (!resealed) throw new Error('nothing was sealed again')

    expect(openSigningKey(deriveRootKeys([twin]), { ...stored, privateKeySealed: resealed })).not.toBeNull()
  })

  test('a key that is made while there are two roots opens with either, and with one alone once the other was removed', async () => {
    const stored = await generateSigningKey(both)
    for (const secret of [oldRootSecret, newRootSecret])
      expect(openSigningKey(deriveRootKeys([secret]), stored)).not.toBeNull()

    const privateKeySealed = resealSigningKey(onlyNew, stored)
    if (!privateKeySealed) throw new Error('nothing was sealed again')

    expect(openSigningKey(onlyNew, { ...stored, privateKeySealed })).not.toBeNull()
    expect(openSigningKey(roots, { ...stored, privateKeySealed })).toBeNull()
  })

  test.each([0, 3, 4, 5, 30])('bytes that are cut to %i are no key', async (length) => {
    const stored = await generateSigningKey(both)
    const privateKeySealed = stored.privateKeySealed.subarray(0, length)

    expect(openSigningKey(both, { ...stored, privateKeySealed })).toBeNull()
  })

  test('a key that no root opens, or that was moved, stays as it is', async () => {
    const [stored, other] = [await generateSigningKey(roots), await generateSigningKey(roots)]

    expect(resealSigningKey(onlyNew, stored)).toBeNull()
    expect(resealSigningKey(both, { ...stored, kid: other.kid })).toBeNull()
  })
})

test('a stored key of another kind is never taken for a shared secret', async () => {
  const { publicJwk } = await generateSigningKey(roots)
  const symmetric = { ...publicJwk, kty: 'oct', k: 'AAAA' } as unknown as typeof publicJwk

  await expect(openVerificationKey({ publicJwk: symmetric, algorithm: 'ES256' })).rejects.toThrow(TypeError)
})
