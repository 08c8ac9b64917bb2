import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endpoints } from '#lib/endpoints.ts'
import { createRouter, isApiPath, isTablePath, matchWithPages, pathnameOf } from './router.ts'

const router = createRouter(endpoints)
const session = '/api/auth/sessions/01a203f5-bd26-7214-9f8b-658b824742ea'

describe('a path finds its operations', () => {
  test('every operation of the table, and all of one path together', () => {
    for (const { contract } of endpoints) {
      const match = router.match(contract.path.replace('{id}', 'x'))
      expect(match?.route.path).toBe(contract.path)
      expect(match?.route.endpoints.every((endpoint) => endpoint.contract.path === contract.path)).toBe(true)
    }
    expect(router.match('/api/auth/sessions')?.route.endpoints).toHaveLength(2)
  })

  test('a parameter is the last segment, decoded once', () => {
    expect(router.match(session)?.parameter).toBe('01a203f5-bd26-7214-9f8b-658b824742ea')
    expect(router.match('/api/auth/sessions/a%20b')?.parameter).toBe('a b')
    expect(router.match('/api/auth/sessions/a%252Fb')?.parameter).toBe('a%2Fb')
  })

  test.each([
    '/api/auth/sessions/',
    '/api/auth/sessions//',
    '/api/auth/sessions/a/b',
    '/api/auth/sessions/%',
    '/api/auth/sessions/%ff',
    '/api/auth/me/',
    '/api/auth/me//',
    '//api/auth/me',
    '/API/auth/me',
    '/api/auth/%6de',
    '/api/auth/me;x',
    '/api/auth/sessions/{id}/x',
    '/api',
    '/',
    '',
  ])('%j is nobody’s', (path) => {
    expect(router.match(path)).toBeNull()
  })

  test('whatever the path, looking for it never fails', () => {
    const piece = fc.oneof(
      fc.constantFrom('/', '%', '%ff', '..', 'api', 'auth', 'sessions', '{id}'),
      fc.string(),
    )

    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = `/${pieces.join('')}`
        expect(router.match(path)?.parameter ?? '').toBeTypeOf('string')
        expect(matchWithPages(router, path)?.route.isPage ?? false).toBe(!isTablePath(router, path))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('on a server with pages', () => {
  test.each([
    '/',
    '/login',
    '/account/sessions',
    '/nowhere',
    '/apis',
    '/api.html',
    '/.well-knownx',
    '/_next/x.js',
    '/__nextjs_original-stack-frames',
  ])('%s is a page', (path) => {
    expect(isTablePath(router, path)).toBe(false)
    expect(matchWithPages(router, path)).toEqual({
      route: { path: 'page', endpoints: [], isPage: true },
      parameter: '',
    })
  })

  test.each([
    '/api',
    '/api/',
    '/api/unknown',
    '/api/auth/me/',
    '/.well-known',
    '/.well-known/unknown',
    '/metrics/',
    '/%6detrics',
    '/%61pi/auth/me',
    '/%2ewell-known/jwks.json',
    '/_global-error',
    '/_global-error/',
    '/_not-found',
    '/_next',
  ])('%s belongs to the table, which has nothing there', (path) => {
    expect(isTablePath(router, path)).toBe(true)
    expect(matchWithPages(router, path)).toBeNull()
  })

  test.each(['/metrics', '/api/auth/me', '/.well-known/jwks.json', session])('%s is an operation', (path) => {
    expect(isTablePath(router, path)).toBe(true)
    expect(matchWithPages(router, path)).toEqual(router.match(path))
  })

  test('no page of ours lies where the table answers', () => {
    for (const page of [
      '/',
      '/login',
      '/register',
      '/account',
      '/account/security',
      '/account/sessions',
      '/setup',
    ]) {
      expect(isApiPath(page) || router.match(page) !== null).toBe(false)
    }
  })
})

test('the path of an address is what Node and browsers say it is', () => {
  const path = fc.webPath().map((text) => text || '/')
  const query = fc.oneof(
    fc.constant(''),
    fc.webQueryParameters().map((text) => `?${text}`),
  )

  fc.assert(
    fc.property(fc.webAuthority(), path, query, (authority, wanted, after) => {
      const url = `http://${authority}${wanted}${after}`
      expect(pathnameOf(url)).toBe(wanted)
      expect(pathnameOf(`${url}#/api`)).toBe(wanted)
    }),
    { numRuns: 2000 },
  )
})
