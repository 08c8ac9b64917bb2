import { type ParseArgsConfig, parseArgs } from 'node:util'
import { type Command, usageError } from './command.ts'

export interface ParsedCall {
  operands: readonly string[]
  values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>
}

/** Options of every command. */
const common = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

/** @throws a usage error for an unknown option, a missing or surplus operand */
export function parseCall({ name, operands, options }: Command, given: readonly string[]): ParsedCall {
  const known: NonNullable<ParseArgsConfig['options']> = { ...common }
  for (const [option, { type, multiple = false }] of Object.entries(options))
    known[option] = { type, multiple }
  const { positionals, values } = parseStrictly(given, known)
  if (values['help'] === true) return { operands: positionals, values }
  const needed = operands.filter((operand) => !operand.startsWith('['))
  const takesMany = operands.some((operand) => operand.includes('…'))
  const missing = needed[positionals.length]
  if (missing !== undefined) throw usageError(`"${name}" needs <${missing}>.`)
  if (!takesMany && positionals.length > operands.length)
    throw usageError(`"${name}" does not take "${positionals[operands.length]}".`)
  return { operands: positionals, values }
}

function parseStrictly(given: readonly string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    const dashed = given.filter(isDashedKid)
    const others = given.filter((text) => !isDashedKid(text))
    const args = dashed.length > 0 ? [...others, '--', ...dashed] : others
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    // Its messages are sentences for the person who typed it; the second one is about how to type a dash.
    if (error instanceof TypeError && 'code' in error) throw usageError(firstSentence(error.message))
    throw error
  }
}

/** One kid of 64 begins with a dash. No option of ours is 43 characters long. */
function isDashedKid(text: string): boolean {
  return /^-[\w-]{42}$/.test(text)
}

function firstSentence(text: string): string {
  return `${text.split(/\. /, 1)[0]?.replace(/\.$/, '')}.`
}
