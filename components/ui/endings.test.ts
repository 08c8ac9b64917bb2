import { expect, test } from 'vitest'
import { endedReasons } from '#lib/session/ended-reason.ts'
import { endingSentence } from './endings.ts'

test('every reason for which a session ends has a sentence of its own', () => {
  const sentences = endedReasons.map(endingSentence)

  expect(sentences.filter((sentence) => !sentence?.endsWith('.'))).toEqual([])
  expect(new Set(sentences).size).toBe(endedReasons.length)
})

test('a word that is no reason says nothing', () => {
  for (const word of ['', 'Idle', 'nonsense', 'constructor', '__proto__', 'toString', null, undefined]) {
    expect(endingSentence(word)).toBe(null)
  }
})
