import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Config, Mode } from '#lib/config/config.ts'
import { isProblem } from '#lib/problems.ts'
import type { Peer } from './exchange.ts'
import { requireWelcome } from './welcome.ts'

function config(mode: Mode, appUrl = 'http://localhost:8000'): Config {
  return { mode, appUrl, allowedHosts: [new URL(appUrl).host] as readonly string[] } as Config
}

const here: Peer = { address: '127.0.0.1', wasForwarded: false, via: 'node', hasPages: true }

/** 'welcome', or the code of the refusal. */
function welcomeTo(server: Config, host: string | null, peer: Partial<Peer> = {}): string {
  try {
    requireWelcome(server, { get: (name) => (name === 'host' ? host : null) }, { ...here, ...peer })
    return 'welcome'
  } catch (error) {
    if (isProblem(error)) return error.code
    throw error
  }
}

describe('a request is welcome where it means this server', () => {
  test('by the name in APP_URL, with the port of its scheme or without', () => {
    const strict = config('strict', 'https://auth.example.com')

    for (const host of ['auth.example.com', 'AUTH.example.com', 'auth.example.com:443']) {
      expect(welcomeTo(strict, host)).toBe('welcome')
    }
    for (const host of ['auth.example.com:80', 'auth.example.com:8000', 'localhost', '127.0.0.1', null, '']) {
      expect(welcomeTo(strict, host)).toBe('misdirected_host')
    }
  })

  test('in trial by any name of this machine, with our port only', () => {
    for (const host of [
      'localhost:8000',
      '127.0.0.1:8000',
      '127.0.0.2:8000',
      '[::1]:8000',
      'LOCALHOST:8000',
    ]) {
      expect(welcomeTo(config('trial'), host)).toBe('welcome')
    }
    for (const host of [
      'localhost',
      'localhost:80',
      'localhost:3000',
      'app.localhost:8000',
      '0.0.0.0:8000',
    ]) {
      expect(welcomeTo(config('trial'), host)).toBe('misdirected_host')
    }
  })

  test('by no other name, however it is spelled: a name that resolves to this machine is a stranger', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'localhost',
        '127.0.0.1',
        '[::1]',
        ':8000',
        ':80',
        'evil.example',
        '.',
        '@',
        ',',
        ' ',
        '\t',
      ),
      fc.constantFrom('%', '#', '/', '\\', '\0', '::1', '0', '127.1', '2130706433', '0x7f000001', '\u3002'),
      fc.string({ maxLength: 3 }),
    )
    const host = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''))
    const ours = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?):8000$/i

    fc.assert(
      fc.property(host, (name) => {
        expect(welcomeTo(config('strict'), name) === 'welcome').toBe(name.toLowerCase() === 'localhost:8000')
        expect(welcomeTo(config('trial'), name) === 'welcome').toBe(ours.test(name))
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('a trial is for this machine', () => {
  test('whoever comes from another one, or through somebody, is refused', () => {
    for (const address of ['192.168.1.5', '10.0.0.1', '::ffff:192.0.2.1', '2001:db8::1', '128.0.0.1', '']) {
      expect(welcomeTo(config('trial'), 'localhost:8000', { address })).toBe('loopback_only')
    }
    expect(welcomeTo(config('trial'), 'localhost:8000', { wasForwarded: true })).toBe('loopback_only')
  })

  test('this machine is 127.0.0.0/8 and ::1, in either family', () => {
    for (const address of ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1']) {
      expect(welcomeTo(config('trial'), 'localhost:8000', { address })).toBe('welcome')
    }
  })

  test('a foreign name is told that first', () => {
    expect(welcomeTo(config('trial'), 'evil.example', { address: '192.168.1.5' })).toBe('misdirected_host')
  })

  test('other modes take requests from everywhere', () => {
    for (const mode of ['strict', 'development'] as const) {
      expect(welcomeTo(config(mode), 'localhost:8000', { address: '192.0.2.1', wasForwarded: true })).toBe(
        'welcome',
      )
    }
  })
})
