/** Values that stand in tutorials and examples: whoever reads those can sign tokens with them. */
const published = new Map<string, string>([
  ['your_jwt_secret_key', 'the example of the old backend'],
  ['your_email_password', 'the example of the old backend'],
  ['your_email@example.com', 'the example of the old backend'],
  ['09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7', 'the FastAPI tutorial'],
  ['better-auth-secret-12345678901234567890', 'the default of another project'],
  ['your-256-bit-secret', 'the example of jwt.io'],
  ['a-string-secret-at-least-256-bits-long', 'the example of jwt.io'],
  ['super-secret-jwt-token-with-at-least-32-characters-long', 'the example of another project'],
  ['replace-this-with-32-or-more-random-bytes', 'our own .env.example'],
])

const placeholder =
  /^(change[-_ ]?me|your[-_ ].*|(super[-_ ]?)?secret([-_ ]?key)?|password|example|test|todo|x+)[!0-9]*$/i

/** Where a value was published, in words, or null for one that is not known. */
export function publishedSource(value: string): string | null {
  return published.get(value) ?? (placeholder.test(value) ? 'a placeholder of many examples' : null)
}
