import type { ServerResponse } from 'node:http'

/** How many may be drawn already when another is begun. A file costs little, unless it is missing and a page says so. */
const drawnMax = { page: 64, file: 256 }
let drawn = 0

/**
 * Takes a place among what this process draws at once. It is free again once the head of the answer is written: from
 * then on the answer waits for its reader, who must not keep others from theirs.
 *
 * @returns false when all are taken
 */
export function takePlace(outgoing: ServerResponse, kind: keyof typeof drawnMax): boolean {
  if (drawn >= drawnMax[kind]) return false
  drawn += 1
  let isTaken = true
  const giveBack = () => {
    if (isTaken) drawn -= 1
    isTaken = false
  }
  const { writeHead } = outgoing
  outgoing.writeHead = ((...head: unknown[]) => {
    giveBack()
    return Reflect.apply(writeHead, outgoing, head)
  }) as typeof writeHead
  outgoing.once('close', giveBack)
  return true
}
