import type { Change } from '#db/change-listener.ts'
import type { SessionWithUser } from '#db/queries/session-rows.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { ChangeFeed } from './change-feed.ts'
import { createCurrentReader } from './current-reader.ts'
import { createEndings } from './endings.ts'
import { createRecentChanges } from './recent-changes.ts'
import {
  type CheckedCredential,
  judgeSnapshot,
  type SessionCheck,
  type SessionVerdict,
} from './session-check.ts'
import type { SnapshotLoader } from './snapshot-loader.ts'
import { createSnapshots } from './snapshots.ts'

/** What a live view stands on. */
export interface LiveViewParts {
  feed: Pick<ChangeFeed, 'subscribe' | 'isProven' | 'databaseNow'>
  loader: SnapshotLoader
  clock: Clock
  /** Sessions remembered at most. */
  sizeMax: number
  /** False only in a control run: then an answer that was overtaken on its way is kept all the same. */
  checksLoads: boolean
}

/** A check that answers from memory where it may. */
export interface LiveView extends SessionCheck {
  usage(): LiveViewUsage
}

/** Totals since the start, but for `size`. */
export interface LiveViewUsage {
  size: number
  /** Answered from memory. */
  hits: number
  /** Read from the database and remembered. */
  loads: number
  /** Read from the database while the feed proved nothing. */
  fallbacks: number
  /** The database did not answer, or changes overtook each read: answered 503. */
  undecided: number
  /** Heard, or made here. */
  changes: number
}

/** Ceiling for whatever nobody foresaw: nothing is remembered for longer. */
const keptMsMax = 300_000
/** A snapshot that is in use is read again in the background from this age on. */
const renewedMs = 240_000

/**
 * Answers whether a session lives from memory, without a query and never from the past.
 *
 * Memory answers only while the feed proves that nothing was missed. What is read from the database is remembered only
 * if no change overtook it on its way.
 */
export function createLiveView(parts: LiveViewParts): LiveView {
  const { feed, clock } = parts
  const snapshots = createSnapshots(parts.sizeMax)
  const recent = createRecentChanges()
  const readCurrent = createCurrentReader({ ...parts, recent })
  const endings = createEndings(clock)
  const totals = { hits: 0, loads: 0, fallbacks: 0, undecided: 0 }
  const renew = createRenewal(read)

  function apply(change: Change): void {
    recent.note(change)
    snapshots.drop(change)
    endings.drop(change)
  }

  feed.subscribe({ changed: apply, reset: () => apply({ kind: 'all' }) })

  /** Null when memory may not or cannot tell. */
  function remembered(credential: CheckedCredential): SessionWithUser | null {
    const kept = feed.isProven() ? snapshots.get(credential.sessionId) : undefined
    if (!kept || !mayAnswer(kept.snapshot, credential.subject, feed.databaseNow())) return null
    const ageMs = clock.monotonicMs() - kept.readMs
    if (ageMs > keptMsMax) return null
    if (ageMs > renewedMs) renew(credential)
    return kept.snapshot
  }

  async function read({ sessionId, subject }: CheckedCredential): Promise<SessionVerdict> {
    const { snapshot, sentMs, mayKeep } = await readCurrent(sessionId).catch((error) => {
      totals.undecided += 1
      throw error
    })
    const verdict = judgeSnapshot(snapshot, subject)
    totals[mayKeep ? 'loads' : 'fallbacks'] += 1
    if (verdict.kind === 'alive') {
      if (mayKeep) snapshots.keep(verdict.snapshot, sentMs)
      return verdict
    }
    // A credential that names another user says nothing about the session: its owner goes on.
    if (verdict.kind !== 'ended' || (snapshot && !isOf(snapshot, subject))) return verdict
    // Nobody announced it, or its notice is on its way: an older answer must not come back after this one.
    snapshots.drop({ kind: 'session', sessionId })
    if (mayKeep) endings.keep(sessionId, verdict.reason)
    return verdict
  }

  return {
    check(credential) {
      const reason = endings.get(credential.sessionId)
      if (reason) return { kind: 'ended', reason }
      const snapshot = remembered(credential)
      if (!snapshot) return read(credential)
      totals.hits += 1
      return { kind: 'alive', snapshot }
    },
    forget: apply,
    usage: () => ({ ...totals, size: snapshots.size(), changes: recent.position() }),
  }
}

/** Reads in the background, one read for each session at a time. */
function createRenewal(read: (credential: CheckedCredential) => Promise<unknown>) {
  const underWay = new Set<string>()
  return (credential: CheckedCredential) => {
    if (underWay.has(credential.sessionId)) return
    underWay.add(credential.sessionId)
    // What fails here is tried again by the next request, which waits once the snapshot is too old.
    void read(credential)
      .catch(() => {})
      .finally(() => underWay.delete(credential.sessionId))
  }
}

/** Past its idle end the row is asked: another process may have written a use of it. */
function mayAnswer(snapshot: SessionWithUser, subject: string, now: Date | null): boolean {
  const { session } = snapshot
  return now !== null && isOf(snapshot, subject) && now < session.expiresAt && now < session.idleUntil
}

function isOf({ user }: SessionWithUser, subject: string): boolean {
  return String(user.id) === subject
}
