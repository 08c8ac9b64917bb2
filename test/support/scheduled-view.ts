import type { Change } from '#db/change-listener.ts'
import type { SessionWithUser } from '#db/queries/session-rows.ts'
import type { FeedSubscriber } from '#lib/session/change-feed.ts'
import { createLiveView } from '#lib/session/live-view.ts'
import type { SessionVerdict } from '#lib/session/session-check.ts'
import type { SnapshotLoader } from '#lib/session/snapshot-loader.ts'

/** What may happen next. Which of the pending things it happens to is a number, taken modulo their count. */
export type Step =
  /** A request comes for one of the sessions. */
  | { do: 'check'; session: number }
  /** A statement leaves the process: it reads what is committed now. */
  | { do: 'send'; which: number }
  /** Its answer arrives. */
  | { do: 'arrive'; which: number }
  /** Its answer never arrives. */
  | { do: 'fail'; which: number }
  /** Somebody else ends a session, and the commit puts its notification on the wire. */
  | { do: 'end'; session: number; byUser: boolean }
  /** This process ends a session itself. */
  | { do: 'endHere'; session: number }
  /** The oldest notification on the wire is heard. */
  | { do: 'notify' }
  /** The wire breaks, with what is on it; the process notices by its beats, before or when the connection is closed. */
  | { do: 'silence' }
  | { do: 'lose' }
  | { do: 'reconnect' }
  /** A beat comes back behind everything that is on the wire. */
  | { do: 'prove' }

export interface StaleAnswer {
  session: number
  why: string
}

const sessionCount = 3

/**
 * Runs a schedule against the real live view, with a database and a wire whose every event is a step.
 *
 * @returns answers "alive" that nobody may give: to a request that came after this process could know better
 */
export async function runSchedule(steps: readonly Step[], checksLoads: boolean): Promise<StaleAnswer[]> {
  const world = createWorld(checksLoads)
  for (const step of steps) {
    world.take(step)
    // Promises settle between two steps, as they do between two events of the loop.
    await settle()
  }
  world.finish()
  await settle()
  await settle()
  return world.stale
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve()
}

interface Pending {
  session: number
  onSend: (() => void) | undefined
  resolve(snapshot: SessionWithUser | null): void
  reject(error: Error): void
  read: SessionWithUser | null | undefined
}

function createWorld(checksLoads: boolean) {
  const ended = Array.from({ length: sessionCount }, () => false)
  /** The process has been told, or has lost the wire since: from then on it must not say yes. */
  const known = Array.from({ length: sessionCount }, () => false)
  const pending: Pending[] = []
  const stale: StaleAnswer[] = []
  let wire: Change[] = []
  let subscriber: FeedSubscriber | null = null
  let isOpen = true
  let isProven = true
  /** Lost notifications: what was committed while nobody listened. */
  let isBroken = false

  const loader: SnapshotLoader = {
    load: (sessionId, onSend) =>
      new Promise((resolve, reject) => {
        pending.push({ session: Number(sessionId), onSend, resolve, reject, read: undefined })
      }),
  }
  const view = createLiveView({
    feed: {
      subscribe: (one) => {
        subscriber = one
      },
      isProven: () => isOpen && isProven,
      databaseNow: () => instant,
    },
    loader,
    clock: { now: () => instant, monotonicMs: () => 0 },
    sizeMax: 2,
    checksLoads,
  })

  function check(session: number): void {
    const mustRefuse = ended[session] === true && (known[session] === true || !(isOpen && isProven))
    const credential = { sessionId: String(session), subject: '1', issuedAt: 0, sessionEpoch: 0 }
    Promise.resolve(view.check(credential)).then(
      (verdict: SessionVerdict) => {
        if (verdict.kind === 'alive' && mustRefuse) stale.push({ session, why: 'yes after it was known' })
      },
      () => {},
    )
  }

  function end(session: number, change: Change): void {
    if (ended[session]) return
    ended[session] = true
    if (isOpen && !isBroken) wire.push(change)
  }

  function hear(): void {
    const change = wire.shift()
    if (!change || !isOpen || isBroken) return
    subscriber?.changed(change)
    for (let session = 0; session < sessionCount; session += 1) {
      const isMeant =
        change.kind === 'user' || (change.kind === 'session' && change.sessionId === String(session))
      if (isMeant && ended[session]) known[session] = true
    }
  }

  function forgetWire(): void {
    wire = []
    subscriber?.reset()
    for (let session = 0; session < sessionCount; session += 1) if (ended[session]) known[session] = true
  }

  function pick(which: number, isFit: (one: Pending) => boolean): Pending | undefined {
    const fit = pending.filter(isFit)
    return fit[which % Math.max(1, fit.length)]
  }

  function remove(one: Pending): Pending {
    pending.splice(pending.indexOf(one), 1)
    return one
  }

  const steps: { [Kind in Step['do']]: (step: Extract<Step, { do: Kind }>) => void } = {
    check: ({ session }) => check(session % sessionCount),
    send({ which }) {
      const one = pick(which, ({ read }) => read === undefined)
      if (!one) return
      one.onSend?.()
      one.read = rowOf(one.session, ended[one.session] === true)
    },
    arrive({ which }) {
      const one = pick(which, ({ read }) => read !== undefined)
      if (one) remove(one).resolve(one.read ?? null)
    },
    fail({ which }) {
      const one = pick(which, () => true)
      if (one) remove(one).reject(new Error('Connection terminated'))
    },
    end: ({ session, byUser }) =>
      // Of one user all sessions end together.
      byUser
        ? Array.from({ length: sessionCount }, (_, each) => end(each, { kind: 'user', userId: 1 }))
        : end(session % sessionCount, { kind: 'session', sessionId: String(session % sessionCount) }),
    endHere({ session }) {
      const own = session % sessionCount
      const change: Change = { kind: 'session', sessionId: String(own) }
      end(own, change)
      view.forget(change)
      known[own] = true
    },
    notify: hear,
    silence() {
      isBroken = true
      isProven = false
    },
    lose() {
      isOpen = false
      forgetWire()
    },
    reconnect() {
      if (isOpen && !isBroken) return
      // Listening again comes first, then everything is dropped, then memory is trusted.
      isOpen = true
      isBroken = false
      isProven = false
      forgetWire()
    },
    prove() {
      if (!isOpen || isBroken) return
      while (wire.length > 0) hear()
      isProven = true
    },
  }

  return {
    stale,
    take(step: Step) {
      ;(steps[step.do] as (step: Step) => void)(step)
    },
    finish() {
      for (const one of [...pending]) remove(one).resolve(rowOf(one.session, ended[one.session] === true))
    },
  }
}

const instant = new Date('2026-01-01T00:00:00Z')
const later = new Date('2026-02-01T00:00:00Z')

function rowOf(session: number, isEnded: boolean): SessionWithUser {
  return {
    session: {
      id: String(session),
      userId: 1,
      kind: 'bearer',
      generation: 1,
      supersededAt: [],
      epoch: 0,
      amr: ['pwd'],
      authenticatedAt: instant,
      createdAt: instant,
      lastUsedAt: instant,
      idleUntil: later,
      expiresAt: later,
      writtenExpiresAt: later,
      remembered: true,
      endedAt: isEnded ? instant : null,
      endedReason: isEnded ? 'signed_out' : null,
      device: null,
      clientAddress: null,
    },
    user: {
      id: 1,
      email: 'anna@example.com',
      username: 'anna',
      emailVerifiedAt: null,
      disabledAt: null,
      deletedAt: null,
      sessionEpoch: 0,
      createdAt: instant,
      roles: ['USER'],
    },
    epochReason: null,
    now: instant,
  }
}
