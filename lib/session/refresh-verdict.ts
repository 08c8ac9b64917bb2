import type { SessionWithUser } from '#db/queries/session-rows.ts'
import type { RefreshStep } from '#db/queries/session-use.ts'
import type { EndedReason } from './ended-reason.ts'
import { judgeSession } from './session-state.ts'

/** What a presented refresh token earned. All but 'reuse' and 'ended' earn the current token of the family. */
export type RefreshVerdict =
  | { kind: 'rotated' | 'grace' | 'recovered' | 'ahead' }
  | { kind: 'reuse' }
  | { kind: 'ended'; reason: EndedReason }

/** Parallel requests of one honest client: seconds after its supersession in which a generation earns the current one. */
export const graceSeconds = 10
/** Clocks and transactions overlap: a statement may have begun before the one that superseded its generation. */
const overlapSeconds = 2

/**
 * Judges a presented generation by the row that came back from the statement that was given it. Pure and total.
 *
 * Both windows hand out the same token, so honest parties converge and nobody innocent is ended; what a thief gains
 * is the window (the table in lib/crypto/README.md).
 *
 * @param presented          the generation of the token
 * @param step               what the statement did to the row
 * @param lostAnswerSeconds  how long the generation before the live one may come again; 0: not at all
 * @returns 'reuse' only when no honest client can explain the replay
 * @see RFC 9700 section 4.14.2
 */
export function judgeRefresh(
  presented: number,
  row: SessionWithUser & { step: RefreshStep },
  lostAnswerSeconds: number,
): RefreshVerdict {
  const state = judgeSession(row)
  if (state.kind === 'ended') return state
  if (row.step !== 'unchanged') return { kind: row.step }
  const generationsBehind = row.session.generation - presented
  const supersededAt = row.session.supersededAt[generationsBehind - 1]
  if (!supersededAt) return { kind: 'reuse' }
  const secondsSince = (row.now.getTime() - supersededAt.getTime()) / 1000
  if (secondsSince < -overlapSeconds) return { kind: 'reuse' }
  if (secondsSince <= graceSeconds) return { kind: 'grace' }
  const wasTheLast = generationsBehind === 1
  return wasTheLast && secondsSince <= lostAnswerSeconds ? { kind: 'recovered' } : { kind: 'reuse' }
}
