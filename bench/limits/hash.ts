// The bound of everything that hashes: one verification at a time on this core, and nothing else.
import argon2 from 'argon2'
import { serve } from './serve.ts'

const parameters = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const stored = argon2.hash('a password of the benchmark', parameters)
let last: Promise<unknown> = Promise.resolve()

serve(async ({ method }) => {
  if (method === 'GET') return {}
  const mine = last.then(async () => argon2.verify(await stored, 'a password of the benchmark'))
  last = mine
  return { verified: await mine }
})
