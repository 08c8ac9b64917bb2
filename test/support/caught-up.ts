import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Change } from '#db/change-listener.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { ChangeFeed } from '#lib/session/change-feed.ts'

/** A table that there is not: whoever hears of it drops nothing. */
const markerTable = 'marker-'
/** The name of the statement that announces one. */
export const announcementName = 'announce_marker'
const msMax = 10_000
const againMs = 100
const markersHeard = new WeakMap<ChangeFeed, Set<string>>()

/** True for what {@link caughtUp} announces itself. */
export function isMarker(change: Change): boolean {
  return change.kind === 'table' && change.table.startsWith(markerTable)
}

/**
 * Resolves when a process has heard everything that is committed by now: announcements come in the order of the commits,
 * so one that is made now comes after them.
 */
export async function heardAll({ changeFeed, database }: Runtime): Promise<void> {
  if (!changeFeed) return
  const heard = markersHeard.get(changeFeed) ?? listenForMarkers(changeFeed)
  const marker = `${markerTable}${randomUUID()}`
  // What is announced while nobody listens is lost.
  let announcedMs = Number.NEGATIVE_INFINITY
  await within('the change feed hears nothing', async () => {
    if (heard.has(marker)) return true
    if (performance.now() - announcedMs < againMs) return false
    announcedMs = performance.now()
    await database.run(announce(marker))
    return false
  })
}

/** The same, and it answers from memory again. */
export async function caughtUp(runtime: Runtime): Promise<void> {
  // Asks for a beat: where the clock was moved, a connection is not borne for long without one.
  runtime.changeFeed?.isProven()
  await heardAll(runtime)
  await within('the change feed proves nothing', async () => runtime.changeFeed?.isProven() ?? true)
}

function announce(marker: string) {
  return {
    name: announcementName,
    text: `SELECT pg_notify('session_changes', $1)`,
    values: [`table:${marker}`],
  }
}

async function within(complaint: string, isDone: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + msMax
  while (!(await isDone())) {
    if (performance.now() > deadlineMs) throw new Error(complaint)
    await pause(1)
  }
}

function listenForMarkers(feed: ChangeFeed): Set<string> {
  const heard = new Set<string>()
  feed.subscribe({
    changed: (change) => {
      if (isMarker(change) && change.kind === 'table') heard.add(change.table)
    },
    reset: () => {},
  })
  markersHeard.set(feed, heard)
  return heard
}
