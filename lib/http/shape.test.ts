import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { isProblem } from '#lib/problems.ts'
import { requireShape } from './shape.ts'

function refusalOf(schema: z.ZodType, sent: unknown) {
  try {
    requireShape(schema, sent, false)
  } catch (error) {
    if (isProblem(error)) return error
  }
  throw new Error('not refused')
}

describe('a body that does not fit', () => {
  test('is refused with one entry for each field, the first thing that is wrong with it', () => {
    const Name = z
      .string()
      .min(3, 'Too short.')
      .regex(/^[a-z]+$/, 'Letters only.')
      .regex(/^a/, 'Begin with a.')
    const schema = z.strictObject({ name: Name, tags: z.array(z.string()) })

    const { code, options } = refusalOf(schema, { name: '1', tags: ['a', 1, 2], extra: true })

    expect(code).toBe('invalid_request')
    expect(options.errors).toEqual([
      { field: 'name', code: 'too_small', detail: 'Too short.' },
      { field: 'tags.1', code: 'invalid_type', detail: expect.any(String) },
      { field: 'tags.2', code: 'invalid_type', detail: expect.any(String) },
      { field: 'extra', code: 'unknown_field', detail: expect.any(String) },
    ])
  })

  test('is told at most twenty of its fields, however many it has', () => {
    const fields = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`field${n}`, n]))

    const { options } = refusalOf(z.strictObject({ name: z.string() }), fields)

    expect(options.errors).toHaveLength(20)
    expect(options.errors?.[0]).toMatchObject({ field: 'name', code: 'required' })
    expect(options.detail).not.toContain('field19')
  })
})
