import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgePassword } from './password-policy.ts'

const anna = { email: 'anna.lind@example.com', username: 'Tomas_77', appName: 'Session Management' }

function judge(password: string, { lengthMin = 8, context = anna, common = [] as string[] } = {}) {
  return judgePassword(password, context, lengthMin, (one) => common.includes(one))
}

describe('a password is judged', () => {
  test('by its length in characters as people count them', () => {
    expect(judge('seven77')).toBe('Use at least 8 characters.')
    expect(judge('eight888')).toBeNull()
    expect(judge('🦉🌊🪁'.repeat(2))).toBe('Use at least 8 characters.')
    expect(judge('🦉🌊🪁'.repeat(3))).toBeNull()
    expect(judge('fourteen chars', { lengthMin: 15 })).toBe('Use at least 15 characters.')
  })

  test('by its length in characters that were typed and show', () => {
    for (const short of [
      'quiet\u200b\u200b\u200b',
      'qui\u00ad\u00adet\u2060',
      'ﷺ1',
      'e\u0301'.repeat(7),
      'ﬃ'.repeat(4),
    ]) {
      expect(judge(short), JSON.stringify(short)).toBe('Use at least 8 characters.')
    }
  })

  test.each([
    'trustno1trustno1',
    'ｔｒｕｓｔｎｏ１ｔｒｕｓｔｎｏ１',
    'trust\u200bno1trustno1\u200b',
    'trustno\u00b9trustno①',
  ])('by whether it is a common one, spelled %j', (password) => {
    expect(judge(password, { common: ['trustno1trustno1'] })).toMatch(/most common passwords/)
  })

  test.each(['aaaaaaaaaa', '🦉🦉🦉🦉🦉🦉🦉🦉', 'aAaAaAaAaA', 'aａaａaａaａ', '1\u200b1111111111'])(
    'by whether it is one character over and over: %j',
    (password) => {
      expect(judge(password)).toMatch(/over and over/)
    },
  )

  test.each([' '.repeat(12), '\n'.repeat(8), ' \t\n\u00a0\u3000 \t\n', '\u200b \u200b'.repeat(9)])(
    'by whether it is only space: %j',
    (password) => {
      expect(judge(password)).toBe('Use more than spaces.')
    },
  )

  test.each([
    ['the address', 'anna.lind@example.com', 'your email address'],
    ['its local part', 'my-Anna.Lind-1', 'your email address'],
    ['its local part without the dot', 'xx annalind xx', 'your email address'],
    ['its local part in look-alikes', '@nn4.l!nd 2030', 'your email address'],
    ['the user name', 'tomas_77 likes tea', 'your user name'],
    ['the user name in wide letters', 'ｔｏｍａｓ７７ likes tea', 'your user name'],
    ['the user name with what does not show', 'tom\u200bas\u00ad_77 likes tea', 'your user name'],
    ['the user name in look-alikes', 'T0-m@s-77 likes tea', 'your user name'],
    ['the name of the service', 'session management!', 'the name of this service'],
    ['the name of the service in other signs', 'S3$$!0n-M4nag3m3nt', 'the name of this service'],
  ])('by whether it contains %s', (_, password, what) => {
    expect(judge(password)).toBe(`Do not build the password from ${what}.`)
  })

  test('but not by parts that are in too many good passwords', () => {
    const context = { email: 'bo@example.com', username: 'jan', appName: 'Go' }

    expect(judge('bo and jan go sailing', { context })).toBeNull()
  })

  test('a name of signs only does not refuse every password', () => {
    const context = { email: '____@example.com', username: '....', appName: '****' }

    expect(judge('quiet little harbour', { context })).toBeNull()
  })

  test('never by composition: letters, digits, spaces or signs alone are as good as all of them', () => {
    for (const password of [
      'onlylowercase',
      'ONLYUPPERCASE',
      '73190462850',
      '        ~        ',
      'ÄÖÜäöüßéè',
    ]) {
      expect(judge(password)).toBeNull()
    }
  })
})

test('whatever is presented gets null or a sentence', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(
    fc.property(text, text, text, (password, email, username) => {
      const verdict = judge(password, { context: { email, username, appName: 'App' } })
      expect(verdict === null || /^[A-Z].+\.$/.test(verdict)).toBe(true)
    }),
  )
})

test('a longer minimum refuses whatever a shorter one refuses', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 8, max: 64 }), (password, lengthMin) => {
      if (judge(password)) expect(judge(password, { lengthMin })).not.toBeNull()
    }),
  )
})
