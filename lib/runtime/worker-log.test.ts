import { expect, test } from 'vitest'
import { createLog } from './log.ts'

function lineOf(worker: number | null): Record<string, unknown> {
  const lines: string[] = []
  createLog('info', { write: (line: string) => void lines.push(line) }, worker).info({ event: 'any' }, 'said')
  return JSON.parse(lines.join(''))
}

test('of several processes each names itself in its lines; one alone does not', () => {
  expect(lineOf(2)).toMatchObject({ event: 'any', worker: 2 })
  expect(lineOf(null)).not.toHaveProperty('worker')
})
