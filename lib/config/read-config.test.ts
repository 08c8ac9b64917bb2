import { inspect, parseEnv } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Secret } from '#lib/crypto/secret.ts'
import type { Config } from './config.ts'
import { type ConfigOutcome, modeOf, type OwnSupplies, readConfig } from './read-config.ts'

type Variables = Record<string, string | undefined>

const databaseUrl = 'postgresql://username:password@localhost:5432/session_db'
const goodSecret = 'kX9v2mQ4pL7wR1tY8uI3oP6aS5dF0gH2jK4lZ7xC'
const otherSecret = 'Zc8bN1mA5sD3fG7hJ9kL2qW4eR6tY0uI8oP5xV3n'

const supplies: OwnSupplies = {
  authSecret: new Secret('a secret that trial and development generate'),
  databaseUrl: new Secret('postgresql://embedded/session_management'),
}

/** Enough for each mode to start. */
const strict = {
  DATABASE_URL: databaseUrl,
  APP_URL: 'https://auth.example.com',
  AUTH_SECRET: goodSecret,
  MAIL: 'off',
}
const development = { DATABASE_URL: databaseUrl, DEBUG: 'true' }
const trial = {}

describe('the mode', () => {
  test.each<[Variables, string]>([
    [{}, 'trial'],
    [{ DEBUG: 'true' }, 'trial'],
    [{ DEBUG: 'false' }, 'trial'],
    [{ DATABASE_URL: '' }, 'trial'],
    [{ DATABASE_URL: databaseUrl, DEBUG: 'True' }, 'development'],
    [{ DATABASE_URL: databaseUrl, DEBUG: '1' }, 'development'],
    [strict, 'strict'],
    [{ ...strict, DEBUG: '' }, 'strict'],
    [{ ...strict, DEBUG: 'False' }, 'strict'],
    [{ ...strict, DEBUG: '0' }, 'strict'],
  ])('%j is %s', (variables, mode) => {
    expect(read(variables).mode).toBe(mode)
  })

  test('modeOf says the same before the whole configuration is read', () => {
    expect(modeOf({ DATABASE_URL: undefined, DEBUG: true })).toBe('trial')
    expect(modeOf({ DATABASE_URL: databaseUrl, DEBUG: true })).toBe('development')
    expect(modeOf({ DATABASE_URL: databaseUrl, DEBUG: false })).toBe('strict')
  })
})

describe('trial', () => {
  test('needs no setting: it uses the embedded database, a generated secret and captured mail, on loopback', () => {
    const config = read(trial)

    expect(config).toMatchObject({
      appUrl: 'http://localhost:8000',
      port: 8000,
      hosts: ['127.0.0.1', '::1'],
      mail: { kind: 'captured' },
      allowedHosts: ['localhost:8000'],
    })
    expect(config.database.url.reveal()).toBe('postgresql://embedded/session_management')
    expect(revealed(config.rootSecrets)).toEqual([supplies.authSecret.reveal()])
  })

  test('a secret that is set is used instead of the generated one', () => {
    expect(revealed(read({ AUTH_SECRET: goodSecret }).rootSecrets)).toEqual([goodSecret])
  })

  test.each<[Variables, string[]]>([
    [{ APP_URL: 'https://auth.example.com' }, ['APP_URL']],
    [{ APP_URL: 'http://192.168.1.2:8000' }, ['APP_URL']],
    [{ HOST: '0.0.0.0' }, ['HOST']],
    [{ HOST: '::' }, ['HOST']],
    [{ HOST: '192.168.1.2', APP_URL: 'http://192.168.1.2:8000' }, ['APP_URL', 'HOST']],
  ])('is for this machine only: %j is refused', (variables, settings) => {
    expect(refusedSettings(variables)).toEqual(settings)
  })

  test.each(['127.0.0.1', '::1', 'localhost'])('may listen on %s', (host) => {
    expect(read({ HOST: host }).hosts).toEqual([host])
  })

  test('follows PORT', () => {
    expect(read({ PORT: '9000' })).toMatchObject({
      port: 9000,
      appUrl: 'http://localhost:9000',
      allowedHosts: ['localhost:9000'],
    })
  })

  test('without an embedded database or a generated secret it says what is missing', () => {
    expect(refusedSettings(trial, null)).toEqual(['AUTH_SECRET', 'DATABASE_URL'])
  })
})

describe('development', () => {
  test('uses your database, otherwise as trial', () => {
    const config = read(development)

    expect(config.database.url.reveal()).toBe(databaseUrl)
    expect(revealed(config.rootSecrets)).toEqual([supplies.authSecret.reveal()])
    expect(config).toMatchObject({ mail: { kind: 'captured' }, hosts: ['127.0.0.1', '::1'] })
  })

  test.each<[Variables, string[]]>([
    [{ APP_URL: 'https://auth.example.com' }, ['APP_URL', 'DEBUG']],
    [{ HOST: '0.0.0.0' }, ['HOST', 'DEBUG']],
    [{ HOST: '0.0.0.0', APP_URL: 'http://192.168.1.2:8000' }, ['APP_URL', 'HOST', 'DEBUG']],
  ])('is for this machine only, and DEBUG itself is told: %j', (variables, settings) => {
    expect(refusedSettings({ ...development, ...variables })).toEqual(settings)
  })

  test('weak and published secrets are warnings', () => {
    const outcome = readConfig({ ...development, AUTH_SECRET: 'changeme' }, supplies)

    expect(outcome.kind).toBe('read')
    expect(outcome.warnings.map(({ setting }) => setting)).toEqual(['AUTH_SECRET'])
  })

  test('a wildcard origin is not believed, but stops nothing', () => {
    expect(read({ ...development, ALLOWED_ORIGINS: '*, http://localhost:3000' }).allowedOrigins).toEqual([
      'http://localhost:3000',
    ])
  })
})

describe('strict', () => {
  test('starts with a database, an address, a secret and mail settings or none', () => {
    expect(read(strict, null)).toMatchObject({
      appUrl: 'https://auth.example.com',
      hosts: ['0.0.0.0'],
      allowedHosts: ['auth.example.com'],
      mail: { kind: 'off' },
    })
  })

  test.each(['http://localhost:8000', 'http://127.0.0.1:8000', 'http://[::1]:8000'])(
    'http on loopback (%s) starts, so that the shipped build can be tested',
    (url) => {
      expect(read({ ...strict, APP_URL: url }, null)).toMatchObject({
        mode: 'strict',
        hosts: ['127.0.0.1', '::1'],
      })
    },
  )

  test.each<[Variables, string[]]>([
    [{ APP_URL: undefined }, ['APP_URL']],
    [{ APP_URL: '' }, ['APP_URL']],
    [{ APP_URL: 'http://auth.example.com' }, ['APP_URL']],
    [{ APP_URL: 'http://192.168.1.2:8000' }, ['APP_URL']],
    [{ APP_URL: 'http://localhost.example.com' }, ['APP_URL']],
    [{ AUTH_SECRET: undefined }, ['AUTH_SECRET']],
    [{ AUTH_SECRET: 'x'.repeat(64) }, ['AUTH_SECRET']],
    [{ AUTH_SECRET: goodSecret.slice(0, 31) }, ['AUTH_SECRET']],
    [{ MAIL: undefined }, ['MAIL_SERVER', 'MAIL_FROM']],
    [{ MAIL: 'smtp' }, ['MAIL_SERVER', 'MAIL_FROM']],
    [{ MAIL: undefined, MAIL_SERVER: 'smtp.example.com' }, ['MAIL_FROM']],
    [{ MAIL: undefined, MAIL_FROM: 'auth@example.com' }, ['MAIL_SERVER']],
    [{ ALLOWED_ORIGINS: '*' }, ['ALLOWED_ORIGINS']],
    [{ ALLOWED_ORIGINS: '["https://app.example.com","*"]' }, ['ALLOWED_ORIGINS']],
    [{ ALLOWED_ORIGINS: 'https://*.example.com' }, ['ALLOWED_ORIGINS']],
  ])('%j stops the start', (change, settings) => {
    expect(refusedSettings({ ...strict, ...change })).toEqual(settings)
  })

  test('a generated secret never steps in, even when there is one', () => {
    expect(refusedSettings({ ...strict, AUTH_SECRET: undefined }, supplies)).toEqual(['AUTH_SECRET'])
  })

  test.each([
    ['smtp://anna:p%23ss@smtp.example.com', { port: 587, tls: 'starttls', username: 'anna' }, 'p#ss'],
    ['smtps://smtp.example.com', { port: 465, tls: 'implicit', username: null }, undefined],
    ['smtp://[::1]:2525', { server: '::1', port: 2525, tls: 'starttls' }, undefined],
  ])('SMTP_URL says it in one line: %s', (url, expected, password) => {
    const mail = { MAIL: undefined, SMTP_URL: url, MAIL_FROM: 'auth@example.com' }
    const config = read({ ...strict, ...mail }).mail

    if (config.kind !== 'smtp') throw new Error(config.kind)
    expect(config).toMatchObject({
      from: { name: 'Session Management', address: 'auth@example.com' },
      ...expected,
    })
    expect(config.password?.reveal()).toBe(password)
  })

  test.each([
    [{ SMTP_URL: 'https://smtp.example.com' }, 'SMTP_URL'],
    [{ SMTP_URL: 'smtp://user:canary@host/path' }, 'SMTP_URL'],
    [{ MAIL_FROM: 'nobody' }, 'MAIL_FROM'],
    [{ MAIL_FROM: 'a@example.com, b@example.com' }, 'MAIL_FROM'],
    [{ MAIL_FROM: 'Anna <a@example.com>\r\nBcc: b@example.com' }, 'MAIL_FROM'],
    [{ MAIL_FROM: 'Anna\n <a@example.com>' }, 'MAIL_FROM'],
  ])('%o is refused, and its value is not shown', (change, setting) => {
    const outcome = readConfig({ ...strict, ...change }, null)

    expect(outcome.kind === 'refused' && outcome.problems.map((one) => one.setting)).toEqual([setting])
    expect(JSON.stringify(outcome)).not.toContain('canary')
  })

  test('mail in the clear to another machine is a warning', () => {
    const mail = {
      MAIL: undefined,
      SMTP_URL: 'smtp://smtp.example.com',
      MAIL_FROM: 'a@example.com',
      MAIL_TLS: 'off',
    }
    const warned = (change: Record<string, string>) => {
      const outcome = readConfig({ ...strict, ...mail, ...change }, null)
      return outcome.warnings.some(({ setting }) => setting === 'MAIL_TLS')
    }

    expect(warned({})).toBe(true)
    expect(warned({ SMTP_URL: 'smtp://localhost:25' })).toBe(false)
  })

  test('the mail settings are taken as they are', () => {
    const mail = {
      MAIL: undefined,
      MAIL_SERVER: 'smtp.example.com',
      MAIL_PORT: '2525',
      MAIL_USERNAME: 'auth',
      MAIL_PASSWORD: 'p$ss,word',
      MAIL_FROM: 'Auth <auth@example.com>',
    }
    const config = read({ ...strict, ...mail }).mail

    if (config.kind !== 'smtp') throw new Error(config.kind)
    expect(config).toMatchObject({
      server: 'smtp.example.com',
      port: 2525,
      username: 'auth',
      from: { name: 'Auth', address: 'auth@example.com' },
      tls: 'starttls',
    })
    expect(config.password?.reveal()).toBe('p$ss,word')
  })

  test('mail without a sign-in has no user name and no password', () => {
    const mail = { MAIL: undefined, MAIL_SERVER: 'smtp.example.com', MAIL_FROM: 'auth@example.com' }

    expect(read({ ...strict, ...mail }).mail).toMatchObject({ port: 587, username: null, password: null })
  })
})

describe('all problems are told at once', () => {
  test('everything that is missing and everything that is wrong, each with its setting', () => {
    const variables = {
      DATABASE_URL: databaseUrl,
      APP_URL: 'http://auth.example.com',
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET: 'your_jwt_secret_key',
      ALLOWED_ORIGINS: '*',
      METRICS_TOKEN: 'your-metrics-token',
    }

    expect(refusedSettings(variables, null).toSorted()).toEqual([
      'ALLOWED_ORIGINS',
      'APP_URL',
      'AUTH_SECRET',
      'JWT_SECRET',
      'MAIL_FROM',
      'MAIL_SERVER',
      'METRICS_TOKEN',
    ])
  })

  test('a setting that cannot be read does not hide the others', () => {
    const variables = {
      DATABASE_URL: databaseUrl,
      PORT: 'eighty',
      ACCESS_TOKEN_EXPIRE_MINUTES: '61',
      LOG_LEVEL: 'loud',
      ALLOWED_ORIGINS: 'x, y',
    }

    expect(refusedSettings(variables, null).toSorted()).toEqual([
      'ACCESS_TOKEN_EXPIRE_MINUTES',
      'ALLOWED_ORIGINS',
      'ALLOWED_ORIGINS',
      'APP_URL',
      'AUTH_SECRET',
      'LOG_LEVEL',
      'MAIL_FROM',
      'MAIL_SERVER',
      'PORT',
    ])
  })

  test('a setting that cannot be read is not called missing besides', () => {
    expect(refusedSettings({ ...strict, APP_URL: 'auth.example.com' })).toEqual(['APP_URL'])
  })

  test('while the mode is unknown only what decides it is told', () => {
    expect(refusedSettings({ DATABASE_URL: databaseUrl, DEBUG: 'maybe' }, null)).toEqual(['DEBUG'])
    expect(refusedSettings({ DATABASE_URL: 'sqlite:///./session.db' }, null)).toEqual(['DATABASE_URL'])
  })

  test('each problem is a sentence about a setting', () => {
    const outcome = readConfig({ DATABASE_URL: databaseUrl, PORT: 'eighty' }, null)

    if (outcome.kind !== 'refused') throw new Error('read')
    for (const { setting, problem } of outcome.problems) {
      expect(setting).toMatch(/^[A-Z][A-Z_]+$/)
      expect(problem.length).toBeGreaterThan(8)
    }
  })

  test('warnings are told together with problems', () => {
    const outcome = readConfig({ ...strict, ACCESS_TOKEN_EXPIRE_MINUTES: '30', PORT: 'eighty' }, null)

    expect(outcome.warnings.map(({ setting }) => setting)).toEqual(['ACCESS_TOKEN_EXPIRE_MINUTES'])
  })
})

describe('no secret value is ever shown', () => {
  const marker = 'hunter2hunter2'

  test.each<[string, Variables]>([
    ['short', { AUTH_SECRET: `${marker},x` }],
    ['repeating', { AUTH_SECRET: `${marker}${marker}${marker}` }],
    [
      'published',
      {
        AUTH_SECRET: `your-${marker}`,
        METRICS_TOKEN: `your_${marker}_token`,
        MAIL_PASSWORD: `your_${marker}`,
      },
    ],
    ['shared', { JWT_ALGORITHM: 'HS256', JWT_SECRET: marker }],
    [
      'equal',
      { JWT_ALGORITHM: 'HS256', JWT_SECRET: `${marker} and 32 bytes`, AUTH_SECRET: `${marker} and 32 bytes` },
    ],
    ['as root', { AUTH_SECRET: undefined, JWT_SECRET: marker }],
    ['in the database URL', { DATABASE_URL: `mysql://username:${marker}@localhost/session_db` }],
    ['in a broken database URL', { DATABASE_URL: `postgresql://username:${marker}#x@localhost/session_db` }],
    ['in the address', { APP_URL: `https://admin:${marker}@auth.example.com` }],
    ['in an origin', { ALLOWED_ORIGINS: `https://admin:${marker}@app.example.com` }],
    ['a short token', { METRICS_TOKEN: marker }],
  ])('%s', (_, change) => {
    for (const mode of [strict, { ...strict, DEBUG: 'true' }]) {
      const outcome = readConfig({ ...mode, ...change }, supplies)
      expect(
        outcome.warnings.length + (outcome.kind === 'refused' ? outcome.problems.length : 0),
      ).toBeGreaterThan(0)
      expect(inspect(outcome, { depth: 9 })).not.toContain(marker)
    }
  })

  test('a configuration that was read prints no secret', () => {
    const config = read({
      ...strict,
      DATABASE_URL: `postgresql://username:${marker}@localhost/session_db`,
      AUTH_SECRET: `${marker} ${goodSecret}`,
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET: `${marker} ${otherSecret}`,
      MAIL: undefined,
      MAIL_SERVER: 'smtp.example.com',
      MAIL_FROM: 'auth@example.com',
      MAIL_PASSWORD: marker,
      REDIS_URL: `redis://:${marker}@localhost`,
      METRICS_TOKEN: `${marker}${marker}`,
    })

    expect(inspect(config, { depth: 9, showHidden: true })).not.toContain(marker)
    expect(JSON.stringify(config)).not.toContain(marker)
    expect(config.metricsToken?.reveal()).toBe(`${marker}${marker}`)
    expect(config.redisUrl?.reveal()).toBe(`redis://:${marker}@localhost`)
  })
})

describe('the old backend', () => {
  /** As its description has it. */
  const example = `
APP_NAME=Session Management API
DEBUG=True
DATABASE_URL=postgresql://username:password@localhost:5432/session_db
ALLOWED_ORIGINS=["http://localhost:3000","http://127.0.0.1:3000"]
JWT_SECRET=your_jwt_secret_key
MAIL_USERNAME=your_email@example.com
MAIL_PASSWORD=your_email_password
MAIL_FROM=your_email@example.com
MAIL_PORT=587
MAIL_SERVER=smtp.example.com
`

  test.each(['postgresql://', 'postgresql+psycopg2://'])(
    'its example file starts in development, with %s',
    (scheme) => {
      const outcome = readConfig(parseEnv(example.replace('postgresql://', scheme)) as Variables, supplies)

      if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.problems))
      expect(outcome.config).toMatchObject({
        mode: 'development',
        appName: 'Session Management API',
        appUrl: 'http://localhost:8000',
        allowedOrigins: ['http://localhost:3000', 'http://127.0.0.1:3000'],
        mail: { kind: 'captured' },
        accessToken: { algorithm: 'ES256' },
      })
      expect(outcome.config.database.url.reveal()).toBe(
        `${scheme}username:password@localhost:5432/session_db`,
      )
      expect(revealed(outcome.config.rootSecrets)).toEqual(['your_jwt_secret_key'])
      expect(outcome.warnings.map(({ setting }) => setting)).toEqual([
        'JWT_SECRET',
        'MAIL_PASSWORD',
        'JWT_SECRET',
      ])
    },
  )

  test('with DEBUG=False the same file is refused, and its published values are named', () => {
    const variables = parseEnv(example.replace('DEBUG=True', 'DEBUG=False')) as Variables
    const outcome = readConfig(variables, null)

    if (outcome.kind !== 'refused') throw new Error('read')
    expect(outcome.problems.map(({ setting, problem }) => `${setting} ${problem}`)).toEqual([
      'APP_URL is not set',
      'JWT_SECRET is a published value (the example of the old backend)',
      'MAIL_PASSWORD is a published value (the example of the old backend)',
    ])
  })
})

describe('settings', () => {
  test('defaults are those of the documentation, in seconds', () => {
    expect(read(strict)).toMatchObject({
      appName: 'Session Management',
      database: { poolSize: 10 },
      accessToken: { algorithm: 'ES256', audience: 'https://auth.example.com', lifetimeSeconds: 600 },
      session: {
        idleSeconds: 7 * 86_400,
        absoluteSeconds: 30 * 86_400,
        lostAnswerSeconds: 300,
        liveViewSessions: 50_000,
      },
      allowedOrigins: [],
      trustedProxies: { kind: 'hops', hops: 0 },
      registration: 'open',
      defaultRole: 'USER',
      password: { lengthMin: 8, breachRangeUrl: null },
      loginFailureStatus: 401,
      redisUrl: null,
      metricsToken: null,
      logLevel: 'info',
      shutdownDelaySeconds: 2,
    })
  })

  test('each reaches the configuration', () => {
    const config = read({
      ...strict,
      APP_NAME: 'Kete',
      HOST: '10.0.0.1',
      DATABASE_POOL_SIZE: '20',
      JWT_AUDIENCE: 'api',
      ACCESS_TOKEN_EXPIRE_MINUTES: '5',
      REFRESH_TOKEN_EXPIRE_DAYS: '1',
      SESSION_ABSOLUTE_DAYS: '2',
      REFRESH_LOST_ANSWER_SECONDS: '0',
      ALLOWED_HOSTS: '["Auth.Internal:8000"]',
      TRUST_PROXY: '10.0.0.0/8',
      REGISTRATION: 'closed',
      DEFAULT_ROLE: 'staff',
      PASSWORD_MIN_LENGTH: '15',
      BREACH_CHECK: 'on',
      LOGIN_FAILURE_STATUS: '400',
      LOG_LEVEL: 'warn',
      SHUTDOWN_DELAY_SECONDS: '0',
    })

    expect(config).toMatchObject({
      appName: 'Kete',
      hosts: ['10.0.0.1'],
      database: { poolSize: 20 },
      accessToken: { audience: 'api', lifetimeSeconds: 300 },
      session: {
        idleSeconds: 86_400,
        absoluteSeconds: 2 * 86_400,
        lostAnswerSeconds: 0,
        liveViewSessions: 50_000,
      },
      allowedHosts: ['auth.example.com', 'auth.internal:8000'],
      trustedProxies: { kind: 'blocks', blocks: ['10.0.0.0/8'] },
      registration: 'closed',
      defaultRole: 'STAFF',
      password: { lengthMin: 15, breachRangeUrl: 'https://api.pwnedpasswords.com/range/' },
      loginFailureStatus: 400,
      logLevel: 'warn',
      shutdownDelaySeconds: 0,
    })
  })

  test('an audience of "off" is none', () => {
    expect(read({ ...strict, JWT_AUDIENCE: 'off' }).accessToken.audience).toBeNull()
  })

  test.each([
    '["http://localhost:3000","http://127.0.0.1:3000"]',
    'http://localhost:3000,http://127.0.0.1:3000',
    ' http://localhost:3000/ , http://127.0.0.1:3000/ ',
  ])('ALLOWED_ORIGINS may be a JSON array or a comma list: %s', (text) => {
    expect(read({ ...strict, ALLOWED_ORIGINS: text }).allowedOrigins).toEqual([
      'http://localhost:3000',
      'http://127.0.0.1:3000',
    ])
  })

  test.each<[Variables]>([
    [{ PORT: '65536' }],
    [{ ACCESS_TOKEN_EXPIRE_MINUTES: '0' }],
    [{ ACCESS_TOKEN_EXPIRE_MINUTES: '61' }],
    [{ REFRESH_TOKEN_EXPIRE_DAYS: '91' }],
    [{ SESSION_ABSOLUTE_DAYS: '91' }],
    [{ REFRESH_LOST_ANSWER_SECONDS: '3601' }],
    [{ PASSWORD_MIN_LENGTH: '7' }],
    [{ DATABASE_POOL_SIZE: '1' }],
    [{ JWT_ALGORITHM: 'none' }],
    [{ JWT_ALGORITHM: 'RS256' }],
    [{ REGISTRATION: 'yes' }],
    [{ LOGIN_FAILURE_STATUS: '200' }],
    [{ MAIL_PORT: '0' }],
    [{ METRICS_TOKEN: 'short' }],
    [{ APP_NAME: 'x'.repeat(61) }],
    [{ BREACH_CHECK_URL: 'nowhere' }],
    [{ TRUST_PROXY: 'everybody' }],
  ])('%j is out of bounds', (change) => {
    expect(refusedSettings({ ...strict, ...change })).toEqual(Object.keys(change))
  })

  test('MAIL is smtp or off', () => {
    const mail = { MAIL_SERVER: 'smtp.example.com', MAIL_FROM: 'auth@example.com' }

    expect(refusedSettings({ ...strict, ...mail, MAIL: 'on' })).toEqual(['MAIL'])
  })

  test('an access token of more than 15 minutes is warned of, because it outlives its session that long', () => {
    const settings = (minutes: string) =>
      readConfig({ ...strict, ACCESS_TOKEN_EXPIRE_MINUTES: minutes }, null).warnings.map(
        ({ setting }) => setting,
      )

    expect(settings('15')).toEqual([])
    expect(settings('16')).toEqual(['ACCESS_TOKEN_EXPIRE_MINUTES'])
  })

  test('variables that are no setting are left alone', () => {
    expect(read({ ...strict, PATH: '/bin', __proto__x: 'y' }).mode).toBe('strict')
  })

  test('the configuration cannot be changed', () => {
    expect(Object.isFrozen(read(strict))).toBe(true)
  })
})

function outcomeOf(variables: Variables, own: OwnSupplies | null = supplies): ConfigOutcome {
  return readConfig(variables, own)
}

function read(variables: Variables, own?: OwnSupplies | null): Config {
  const outcome = outcomeOf(variables, own)
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}

function refusedSettings(variables: Variables, own?: OwnSupplies | null): string[] {
  const outcome = outcomeOf(variables, own)
  if (outcome.kind === 'read') throw new Error('read')
  return outcome.problems.map(({ setting }) => setting)
}

function revealed(values: readonly Secret[]): string[] {
  return values.map((value) => value.reveal())
}

describe('links in mails lead to pages', () => {
  const headless = { hasPages: false }
  const settingsRefused = (variables: Record<string, string | undefined>, facts?: { hasPages: boolean }) => {
    const mail = { MAIL: undefined, MAIL_SERVER: 'smtp.example.com', MAIL_FROM: 'no-reply@example.com' }
    const outcome = readConfig({ ...strict, ...mail, ...variables }, null, facts)
    return outcome.kind === 'refused' ? outcome.problems.map(({ setting }) => setting) : []
  }

  test('a headless server in strict mode needs PAGES_URL, unless it sends no mail', () => {
    expect(settingsRefused({}, headless)).toEqual(['PAGES_URL'])
    expect(settingsRefused({ PAGES_URL: 'https://app.example.com' }, headless)).toEqual([])
    expect(settingsRefused({ MAIL: 'off' }, headless)).toEqual([])
    expect(settingsRefused({})).toEqual([])
  })

  test('PAGES_URL is https, or this machine', () => {
    expect(settingsRefused({ PAGES_URL: 'http://app.example.com' })).toEqual(['PAGES_URL'])
    expect(settingsRefused({ PAGES_URL: 'http://localhost:3000' })).toEqual([])
  })

  test('EMAIL_VERIFICATION=required needs mail', () => {
    expect(settingsRefused({ MAIL: 'off', EMAIL_VERIFICATION: 'required' })).toEqual(['EMAIL_VERIFICATION'])
    expect(settingsRefused({ EMAIL_VERIFICATION: 'required' })).toEqual([])
  })
})
