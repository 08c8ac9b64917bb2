export type StrictJson =
  | { kind: 'value'; value: unknown }
  | { kind: 'malformed'; reason: string }
  | { kind: 'unacceptable'; reason: string }

/** Nesting beyond this is refused: no contract needs more than three levels. */
export const jsonDepthMax = 8
/** Names in all objects together; the largest contract has six. */
export const jsonNamesMax = 64

/**
 * Parses JSON so that every reader sees the same value (RFC 8259 section 4 leaves duplicate names open).
 *
 * @returns 'malformed' for what is not JSON, for a byte order mark and for duplicate names;
 *          'unacceptable' for JSON deeper than {@link jsonDepthMax}, with more names than {@link jsonNamesMax}, with NUL
 *          or with lone surrogates in a string
 */
export function parseStrictJson(text: string): StrictJson {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'malformed', reason: 'not JSON' }
  }
  const structure = inspectStructure(text)
  if (structure.duplicate) return { kind: 'malformed', reason: 'a name occurs twice in one object' }
  if (structure.depth > jsonDepthMax) return { kind: 'unacceptable', reason: 'nested too deeply' }
  if (structure.names > jsonNamesMax) return { kind: 'unacceptable', reason: 'too many names' }
  if (structure.badText) return { kind: 'unacceptable', reason: 'a text has NUL or a lone surrogate' }
  return { kind: 'value', value }
}

const stringToken = /"(?:[^"\\]|\\.)*"/y

/** Walks text that JSON.parse accepted, so each token is known to be well formed. */
function inspectStructure(text: string) {
  const open: (Set<string> | null)[] = []
  const found = { depth: 0, names: 0, duplicate: false, badText: false }
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null)
      found.depth = Math.max(found.depth, open.length)
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === '"') {
      stringToken.lastIndex = index
      const token = stringToken.exec(text)?.[0] ?? '""'
      index += token.length - 1
      const string: string = JSON.parse(token)
      if (string.includes('\0') || !string.isWellFormed()) found.badText = true
      if (!isName(text, index + 1)) continue
      found.names += 1
      if (!remember(open.at(-1), string)) found.duplicate = true
    }
  }
  return found
}

function isName(text: string, after: number): boolean {
  for (let index = after; index < text.length; index++) {
    const character = text[index]
    if (character !== ' ' && character !== '\t' && character !== '\n' && character !== '\r')
      return character === ':'
  }
  return false
}

function remember(names: Set<string> | null | undefined, name: string): boolean {
  if (!names) return true
  if (names.has(name)) return false
  names.add(name)
  return true
}
