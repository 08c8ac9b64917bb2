import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { loadEnvironment } from './env.ts'

const before = { ...process.env }

beforeEach(() => {
  for (const name of ['AUTH_SECRET', 'APP_NAME', 'DATABASE_URL']) delete process.env[name]
})

afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
  Object.assign(process.env, before)
})

describe('the file .env', () => {
  test('is read, and a variable that is set wins over it', () => {
    process.env['APP_NAME'] = 'from the shell'
    const { variables } = loadEnvironment(
      folderWith('APP_NAME=from the file\nDATABASE_URL=postgresql://file'),
    )

    expect(variables).toMatchObject({ APP_NAME: 'from the shell', DATABASE_URL: 'postgresql://file' })
  })

  test('a variable that is set to nothing wins too, so a shell can switch a setting off', () => {
    process.env['DATABASE_URL'] = ''

    expect(loadEnvironment(folderWith('DATABASE_URL=postgresql://file')).variables['DATABASE_URL']).toBe('')
  })

  test.each([
    ['AUTH_SECRET=a$HOME$$b$(id)`id`', 'a$HOME$$b$(id)`id`'],
    [`AUTH_SECRET=a\${PATH}b`, `a\${PATH}b`],
    [`AUTH_SECRET="a$HOME\${PATH}"`, `a$HOME\${PATH}`],
    ["AUTH_SECRET='a$HOME#b'", 'a$HOME#b'],
    ['export AUTH_SECRET=abc', 'abc'],
    ['AUTH_SECRET = abc  ', 'abc'],
    ['AUTH_SECRET=abc # a comment', 'abc'],
    ['AUTH_SECRET=["a","b"]', '["a","b"]'],
    ['# AUTH_SECRET=no\nAUTH_SECRET=yes\r\n', 'yes'],
  ])('%j gives %j, and nothing is expanded', (line, value) => {
    expect(loadEnvironment(folderWith(line)).variables['AUTH_SECRET']).toBe(value)
  })

  test('is not needed', () => {
    const { variables, warnings } = loadEnvironment(folderWith(null))

    expect(variables['PATH']).toBe(process.env['PATH'])
    expect(warnings).toEqual([])
  })
})

describe('names that look misspelled', () => {
  test.each([
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATBASE_URL', 'DATABASE_URL'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['JWT_SECRETS', 'JWT_SECRET'],
    ['AUTH_SECERT', 'AUTH_SECRET'],
    ['App_URL', 'APP_URL'],
  ])('for %s the setting %s is suggested, without its value', (written, meant) => {
    const { warnings } = loadEnvironment(folderWith(`${written}=hunter2`))

    expect(warnings).toEqual([{ setting: written, problem: `is not a setting. Did you mean ${meant}?` }])
    expect(JSON.stringify(warnings)).not.toContain('hunter2')
  })

  test('settings, and names that are like none, are left alone', () => {
    const text = 'PORT=0\nHOST=::1\nMAIL=off\nMAIL_PORT=25\nTZ=UTC\nNODE_OPTIONS=\nPOSTGRES_PASSWORD=x\nA=1'

    expect(loadEnvironment(folderWith(text)).warnings).toEqual([])
  })

  test('of the shell none are told: there other programs have their own', () => {
    process.env['DATABASE_URI'] = 'x'

    expect(loadEnvironment(folderWith('PORT=0')).warnings).toEqual([])
  })
})

function folderWith(text: string | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'session-management-env-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  if (text !== null) writeFileSync(join(folder, '.env'), text)
  return folder
}
