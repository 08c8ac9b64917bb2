import { expect, test } from 'vitest'
import { publishedSource } from './published-secrets.ts'

test.each([
  ['your_jwt_secret_key', 'the example of the old backend'],
  ['your_email_password', 'the example of the old backend'],
  ['09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7', 'the FastAPI tutorial'],
  ['better-auth-secret-12345678901234567890', 'the default of another project'],
  ['your-256-bit-secret', 'the example of jwt.io'],
  ['a-string-secret-at-least-256-bits-long', 'the example of jwt.io'],
  ['super-secret-jwt-token-with-at-least-32-characters-long', 'the example of another project'],
  ['replace-this-with-32-or-more-random-bytes', 'our own .env.example'],
])('%s is known from %s', (value, source) => {
  expect(publishedSource(value)).toBe(source)
})

test.each([
  'changeme',
  'change-me',
  'CHANGE_ME!',
  'your-secret-here-please-replace-it-now',
  'your_very_long_secret_key_for_production',
  'secret',
  'secret_key',
  'supersecretkey',
  'super-secret-key123',
  'password',
  'password123!',
  'test',
  'todo',
  'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
])('%s is a placeholder', (value) => {
  expect(publishedSource(value)).toBe('a placeholder of many examples')
})

test.each([
  'kX9v2mQ4pL7wR1tY8uI3oP6aS5dF0gH2jK4lZ7xC',
  'secretly-generated-by-a-person-with-dice',
  'the tests of tomorrow are the password of today',
  'yourself',
])('%s was not published', (value) => {
  expect(publishedSource(value)).toBeNull()
})
