import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { ConfigProblem } from './read-config.ts'
import { environmentNames } from './schema.ts'

export type Variables = Record<string, string | undefined>

/**
 * The environment with `.env` below it: a variable that is set wins over the file. Read without expansion, so that a
 * `$` in a password is a `$`. The only place that looks at process.env.
 *
 * @param environment  what was set, where somebody else has written `.env` into process.env already
 */
export function loadEnvironment(
  directory: string,
  environment: Variables = process.env,
): { variables: Variables; warnings: ConfigProblem[] } {
  const file = join(directory, '.env')
  if (!existsSync(file)) return { variables: { ...environment }, warnings: [] }
  const written = parseEnv(readFileSync(file, 'utf8'))
  return { variables: { ...written, ...environment }, warnings: misspelledNames(Object.keys(written)) }
}

/** Names in `.env` that are no setting but look like one. */
function misspelledNames(names: readonly string[]): ConfigProblem[] {
  return names.flatMap((setting) => {
    const meant = environmentNames.find((known) => known !== setting && distance(known, setting) <= 2)
    const isKnown = environmentNames.some((known) => known === setting)
    return isKnown || !meant ? [] : [{ setting, problem: `is not a setting. Did you mean ${meant}?` }]
  })
}

/** Edits (insert, delete, replace) between two names, as Levenshtein counts them. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, right] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
