import { describe, expect, test } from 'vitest'
import type { Config } from '#lib/config/config.ts'
import { Secret } from '#lib/crypto/secret.ts'
import {
  clearedSessionCookie,
  deviceCookie,
  deviceCookieName,
  sessionCookie,
  sessionCookieName,
} from './session-cookie.ts'

const credential = new Secret('the.session.credential')

function at(appUrl: string): Config {
  return { appUrl } as Config
}

describe('where the server is decides name and flags', () => {
  test('on https the cookie is __Host- and Secure', () => {
    for (const appUrl of [
      'https://auth.example.com',
      'https://auth.example.com:8443',
      'https://localhost:8000',
    ]) {
      expect(sessionCookieName(appUrl)).toEqual({ name: '__Host-session', secure: true })
      expect(deviceCookieName(appUrl)).toEqual({ name: '__Host-device', secure: true })
    }
  })

  test('on http loopback the name carries the port, because cookies ignore ports', () => {
    expect(sessionCookieName('http://localhost:8000')).toEqual({ name: 'session_8000', secure: false })
    expect(sessionCookieName('http://127.0.0.1:3000')).toEqual({ name: 'session_3000', secure: false })
    expect(sessionCookieName('http://[::1]:3000')).toEqual({ name: 'session_3000', secure: false })
    expect(sessionCookieName('http://localhost')).toEqual({ name: 'session_80', secure: false })
  })

  test('on http elsewhere there is none, and none is ever written', () => {
    for (const appUrl of [
      'http://auth.example.com',
      'http://192.168.1.5:8000',
      'http://localhost.example.com',
    ]) {
      expect(sessionCookieName(appUrl)).toBeNull()
      expect(deviceCookieName(appUrl)).toBeNull()
      expect(() => sessionCookie(at(appUrl), credential, null)).toThrow('no cookie can be set')
      expect(() => clearedSessionCookie(at(appUrl))).toThrow('no cookie can be set')
    }
  })
})

describe('what is written', () => {
  test('the session for its whole life, HttpOnly, for every path and never for another host', () => {
    expect(sessionCookie(at('https://auth.example.com'), credential, 86_400)).toBe(
      '__Host-session=the.session.credential; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure',
    )
    expect(sessionCookie(at('http://localhost:8000'), credential, 86_400)).toBe(
      'session_8000=the.session.credential; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400',
    )
  })

  test('or until the browser closes', () => {
    expect(sessionCookie(at('https://auth.example.com'), credential, null)).toBe(
      '__Host-session=the.session.credential; Path=/; HttpOnly; SameSite=Lax; Secure',
    )
  })

  test('taking it away names the same cookie', () => {
    expect(clearedSessionCookie(at('https://auth.example.com'))).toBe(
      '__Host-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure',
    )
  })

  test('the device is known for a year', () => {
    expect(deviceCookie(at('https://auth.example.com'), new Secret('id.mark'))).toBe(
      '__Host-device=id.mark; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure',
    )
  })
})
