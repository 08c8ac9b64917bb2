import { rootSecretBytesMin } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'
import type { Mode } from './config.ts'
import { publishedSource } from './published-secrets.ts'
import type { ConfigProblem } from './read-config.ts'
import type { Environment } from './schema.ts'

export interface ChosenSecrets {
  roots: Secret[]
  /** Signs access tokens with HS256. */
  shared: Secret | null
  problems: ConfigProblem[]
  warnings: ConfigProblem[]
}

const generate = 'Generate one: openssl rand -base64 48'

/** Decides which secret is the root and which, if any, signs access tokens, and judges both. */
export function chooseSecrets(env: Environment, mode: Mode, generated: Secret | null): ChosenSecrets {
  const usesSharedSecret = env.JWT_ALGORITHM === 'HS256'
  const servesAsRoot = !env.AUTH_SECRET && !usesSharedSecret && Boolean(env.JWT_SECRET)
  const roots = env.AUTH_SECRET ?? (servesAsRoot && env.JWT_SECRET ? [env.JWT_SECRET] : [])
  const rootSetting = servesAsRoot ? 'JWT_SECRET' : 'AUTH_SECRET'
  const faults = [
    ...roots.flatMap((root, index) => secretProblems(rootSetting, root, entryOf(roots, index))),
    ...(usesSharedSecret && env.JWT_SECRET ? secretProblems('JWT_SECRET', env.JWT_SECRET) : []),
    ...(env.MAIL_PASSWORD
      ? publishedProblems('MAIL_PASSWORD', env.MAIL_PASSWORD, 'Set the one of your mail provider.')
      : []),
    ...(env.METRICS_TOKEN ? publishedProblems('METRICS_TOKEN', env.METRICS_TOKEN) : []),
  ]
  const mustBeSet = roots.length === 0 && (mode === 'strict' || !generated)
  const missing = usesSharedSecret ? 'is needed beside JWT_SECRET with HS256' : 'is not set'
  const renaming = 'serves as AUTH_SECRET; rename it, because no other service may know it'
  const given = roots.map((root) => new Secret(root))
  return {
    roots: given.length === 0 && generated ? [generated] : given,
    shared: usesSharedSecret && env.JWT_SECRET ? new Secret(env.JWT_SECRET) : null,
    problems: [
      ...(mode === 'strict' ? faults : []),
      ...(mustBeSet ? [{ setting: 'AUTH_SECRET', problem: missing, remedy: generate }] : []),
      ...sharedSecretProblems(env),
    ],
    warnings: [
      // Development tolerates the old backend's example file; strict mode never does.
      ...(mode === 'strict' ? [] : faults),
      ...(servesAsRoot ? [{ setting: 'JWT_SECRET', problem: renaming }] : []),
    ],
  }
}

/** Faults that no mode tolerates. */
function sharedSecretProblems({
  JWT_SECRET: shared,
  JWT_ALGORITHM,
  AUTH_SECRET,
}: Environment): ConfigProblem[] {
  const setting = 'JWT_SECRET'
  if (!shared) {
    const problem = 'is not set, and JWT_ALGORITHM=HS256 signs with it'
    return JWT_ALGORITHM === 'HS256' ? [{ setting, problem, remedy: generate }] : []
  }
  // Contained, not only equal: AUTH_SECRET is a list, and its items have no spaces around them.
  const holdsRoot = AUTH_SECRET?.some((root) => shared.includes(root))
  const problem = 'holds AUTH_SECRET: whoever verifies tokens could then forge everything'
  return holdsRoot ? [{ setting, problem, remedy: generate }] : []
}

/** Which of several secrets is meant; a comma in a secret makes it several. */
function entryOf(roots: readonly string[], index: number): string {
  return roots.length === 1 ? '' : ` (entry ${index + 1} of ${roots.length}, split at commas)`
}

function secretProblems(setting: string, value: string, entry = ''): ConfigProblem[] {
  const published = publishedProblems(setting, value)
  if (published.length > 0) return published
  const length = Buffer.byteLength(value)
  if (length < rootSecretBytesMin) {
    return [
      {
        setting,
        problem: `is ${length} bytes long${entry}; at least ${rootSecretBytesMin} are needed`,
        remedy: generate,
      },
    ]
  }
  return new Set(value).size < 8 ? [{ setting, problem: 'repeats a few characters', remedy: generate }] : []
}

function publishedProblems(setting: string, value: string, remedy = generate): ConfigProblem[] {
  const source = publishedSource(value)
  return source ? [{ setting, problem: `is a published value (${source})`, remedy }] : []
}
