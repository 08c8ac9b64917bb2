import { equalInConstantTime } from './digest.ts'
import { macOf, type RootKeys } from './root-keys.ts'

/** Where a page of a list ends: the values that the list is sorted by. */
export type CursorPosition = readonly (string | number)[]

/**
 * Writes a position as a cursor, `<position>.<mac>`: opaque to clients by promise, and proof against invented ones.
 *
 * @param scope  which list, and whose: a cursor of another list is none
 */
export function writeCursor(roots: RootKeys, scope: string, position: CursorPosition): string {
  const payload = Buffer.from(JSON.stringify(position)).toString('base64url')
  return `${payload}.${macOf(roots.current.keyFor('cursor'), `${scope}|${payload}`)}`
}

/** @returns null for anything that writeCursor() did not write for this scope under a root that is still known */
export function readCursor(roots: RootKeys, scope: string, cursor: string): CursorPosition | null {
  const [payload = '', mac = '', ...more] = cursor.split('.')
  if (more.length > 0) return null
  const isOurs = roots.all.some((root) =>
    equalInConstantTime(macOf(root.keyFor('cursor'), `${scope}|${payload}`), mac),
  )
  return isOurs ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : null
}
