// The bare program for `register`: one hash at a time, and the server's own statement through pg.
import argon2 from 'argon2'
import pg from 'pg'
import type { Connection } from '#db/connection.ts'
import { insertUserWithPassword } from '#db/queries/users.ts'
import { userEvent } from '#lib/audit/audit-event.ts'
import { serve } from './serve.ts'

const parameters = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
const connection = {
  run: async (query: pg.QueryConfig) => (await pool.query(query)).rows,
} as unknown as Connection
let last: Promise<unknown> = Promise.resolve()

serve(async ({ method }, body) => {
  if (method === 'GET') return {}
  const { email, username, password } = JSON.parse(body)
  const mine = last.then(() => argon2.hash(password, parameters))
  last = mine
  const user = await insertUserWithPassword(connection, {
    email,
    username,
    passwordHash: await mine,
    roles: ['USER'],
    event: userEvent('account_registered', { address: '127.0.0.1', userAgent: null, requestId: null }),
    // As the server under test, which runs with MAIL=off.
    mail: '[]',
    isVerified: false,
  })
  return { status: 'success', user }
})
