import { describe, expect, test } from 'vitest'
import { baseUrl, databaseUrl, flag, integer, list, origins, secrets, trustedProxies } from './values.ts'

describe('flag', () => {
  test.each(['true', 'True', 'TRUE', '1', 'yes', 'on', 'On'])('%s is true', (text) => {
    expect(flag.parse(text)).toBe(true)
  })

  test.each(['false', 'False', '0', 'no', 'off', 'OFF'])('%s is false', (text) => {
    expect(flag.parse(text)).toBe(false)
  })

  test.each(['2', 'y', 'enabled', ' true', 'constructor', '__proto__'])('%j is neither', (text) => {
    expect(flag.safeParse(text).error?.issues[0]?.message).toBe(`"${text}" is neither true nor false`)
  })
})

describe('integer', () => {
  test.each([
    ['1', 1],
    ['60', 60],
    ['007', 7],
  ])('%s is %d', (text, value) => {
    expect(integer(1, 60).parse(text)).toBe(value)
  })

  test.each(['0', '61', '-1', '1.5', '1e1', '0x10', ' 1', '1 ', 'ten', '9'.repeat(400)])(
    '%.12s is none',
    (text) => {
      expect(integer(1, 60).safeParse(text).error?.issues[0]?.message).toContain('whole number from 1 to 60')
    },
  )
})

describe('list', () => {
  test.each([
    ['["a","b"]', ['a', 'b']],
    ['  [ "a" , "b,c" ]  ', ['a', 'b,c']],
    ['[]', []],
    ['a,b', ['a', 'b']],
    [' a , b ,, ', ['a', 'b']],
    ['a', ['a']],
  ])('%j is %j', (text, items) => {
    expect(list.parse(text)).toEqual(items)
  })

  test.each(['[', '["a"', '["a",]', '[1]', '[["a"]]', "['a']", '[null]'])('%j is no list', (text) => {
    expect(list.safeParse(text).success).toBe(false)
  })
})

describe('origins', () => {
  test.each([
    ['https://app.example.com', 'https://app.example.com'],
    ['https://app.example.com/', 'https://app.example.com'],
    ['HTTPS://App.Example.COM', 'https://app.example.com'],
    ['https://app.example.com:443', 'https://app.example.com'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['*', '*'],
  ])('%s is the origin %s', (text, origin) => {
    expect(origins.parse(text)).toEqual([origin])
  })

  test.each([
    'app.example.com',
    'localhost:3000',
    'null',
    'file:///etc/passwd',
    'ftp://app.example.com',
    'https://app.example.com/path',
    'https://app.example.com?x=1',
    'https://app.example.com#x',
    'https://user@app.example.com',
    '//app.example.com',
  ])('%s is none, and the message says so', (text) => {
    expect(origins.safeParse(text).error?.issues[0]?.message).toContain('is not an origin such as https://')
  })

  test('each wrong one of a list is told', () => {
    expect(origins.safeParse('x, https://app.example.com, y').error?.issues).toHaveLength(2)
  })
})

describe('base URL', () => {
  test.each([
    ['https://auth.example.com', 'https://auth.example.com'],
    ['https://auth.example.com/', 'https://auth.example.com'],
    ['http://localhost:8000', 'http://localhost:8000'],
    ['http://[::1]:8000/', 'http://[::1]:8000'],
  ])('%s is read as %s', (text, url) => {
    expect(baseUrl.parse(text)).toBe(url)
  })

  test.each([
    'https://auth.example.com/app',
    'ftp://auth.example.com',
    'https://',
    'javascript:alert(1)',
    '/',
  ])('%s is refused', (text) => {
    expect(baseUrl.safeParse(text).success).toBe(false)
  })

  test.each(['localhost:8000', 'auth.example.com'])('for %s the message suggests the scheme', (text) => {
    expect(baseUrl.safeParse(text).error?.issues[0]?.message).toContain(`Did you mean "http://${text}"?`)
  })

  test('a password in it is not repeated in the message', () => {
    const message = baseUrl.safeParse('https://admin:hunter2@auth.example.com').error?.issues[0]?.message

    expect(message).not.toContain('hunter2')
  })
})

describe('database URL', () => {
  test.each([
    'postgresql://username:password@localhost:5432/session_db',
    'postgres://localhost/session_db',
    'postgresql+psycopg2://username:password@localhost:5432/session_db',
    'postgresql+asyncpg://username:password@localhost/session_db',
    'POSTGRESQL://localhost/session_db',
    'postgresql://username:p%23ss%2Fword@db.example.com/session_db?sslmode=require',
    'postgresql://username:password@%2Fvar%2Frun%2Fpostgresql/session_db',
    'postgresql://username:password@/session_db?host=/var/run/postgresql',
    'postgresql:///session_db?host=/var/run/postgresql',
    'postgresql://[::1]:5432/session_db',
  ])('%s is one', (text) => {
    expect(databaseUrl.parse(text)).toBe(text)
  })

  test.each([
    'sqlite:///./session.db',
    'mysql://username:password@localhost/session_db',
    'localhost:5432/session_db',
    'session_db',
    'host=localhost dbname=session_db password=hunter2',
    'postgresql:session_db',
    'postgresql://username:p#ss@localhost/session_db',
    'postgresql://username:p/ss@localhost:5432/session_db',
    ' postgresql://localhost/session_db',
  ])('%s is none, and nothing of it is repeated', (text) => {
    const message = databaseUrl.safeParse(text).error?.issues[0]?.message

    expect(message).toContain('is not a URL such as postgresql://')
    expect(message).not.toContain(text)
  })
})

describe('secrets', () => {
  test('several are separated by commas; spaces around them and empty ones do not count', () => {
    expect(secrets.parse('new')).toEqual(['new'])
    expect(secrets.parse(' new , old ,')).toEqual(['new', 'old'])
    expect(secrets.parse('with spaces inside')).toEqual(['with spaces inside'])
  })
})

describe('trusted proxies', () => {
  test.each([
    ['0', { kind: 'hops', hops: 0 }],
    ['2', { kind: 'hops', hops: 2 }],
    ['10.0.0.1', { kind: 'blocks', blocks: ['10.0.0.1'] }],
    ['10.0.0.0/8, 2001:db8::/32', { kind: 'blocks', blocks: ['10.0.0.0/8', '2001:db8::/32'] }],
    ['0.0.0.0/0', { kind: 'blocks', blocks: ['0.0.0.0/0'] }],
    ['::1/128', { kind: 'blocks', blocks: ['::1/128'] }],
  ])('%s', (text, expected) => {
    expect(trustedProxies.parse(text)).toEqual(expected)
  })

  test.each([
    '10',
    '-1',
    'true',
    'all',
    'loopback',
    'cafe',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/8/8',
    '::1/',
    '*',
  ])('%s is neither a number of hops nor a list of addresses', (text) => {
    expect(trustedProxies.safeParse(text).success).toBe(false)
  })
})
