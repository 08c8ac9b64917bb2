// A peer of the benchmark: better-auth as its documentation sets it up for a Node server of its own, with what costs
// time and is no part of the comparison (rate limit, logs, telemetry) off.
//
// COOKIE_CACHE=on    answers get-session from a signed cookie; off: from the database
// EXTEND=on          every get-session also extends the session, the nearest thing it has to a refresh
import { createServer } from 'node:http'
import argon2 from 'argon2'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import pg from 'pg'

const { PORT, DATABASE_URL, COOKIE_CACHE = 'off', EXTEND = 'off' } = process.env
const daySeconds = 24 * 60 * 60
// As in lib/crypto/password-hash.ts, so that a sign-in costs both the same.
const hashOptions = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

const auth = betterAuth({
  baseURL: `http://localhost:${PORT}`,
  secret: 'a root secret of the benchmark that is long',
  database: new pg.Pool({ connectionString: DATABASE_URL, max: 10 }),
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => argon2.hash(password, hashOptions),
      verify: ({ hash, password }) => argon2.verify(hash, password),
    },
  },
  session: {
    expiresIn: 7 * daySeconds,
    updateAge: EXTEND === 'on' ? 0 : daySeconds,
    // Five minutes by default. The generator keeps no cookies, so the first one has to last for the whole run.
    cookieCache: { enabled: COOKIE_CACHE === 'on', maxAge: daySeconds },
  },
  // One statement for session and user instead of two.
  advanced: { database: { joins: true } },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
})

const { runMigrations } = await getMigrations(auth.options)
await runMigrations()
createServer(toNodeHandler(auth)).listen(Number(PORT), '127.0.0.1')
