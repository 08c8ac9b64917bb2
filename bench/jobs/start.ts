import { setTimeout as pause } from 'node:timers/promises'
import { makeClone, removeClone } from '#test/support/process-server.ts'
import { memoryMb } from '../compare.ts'
import { atMostFigure, type Figure, median } from '../report.ts'
import { startTrial, startWay, type Target } from '../targets.ts'
import type { Job } from './job.ts'

const starts = 5
const restMs = 3000
const bounds = {
  headless: { ms: 1000, memoryMb: 120 },
  'npm start': { ms: 2500, memoryMb: 250 },
}
const embeddedExtraMs = 1500

/** From the start of the process to the first 200 of ready, and what it then takes; everything is built and migrated. */
export const start: Job = {
  summary: 'Start, and memory at rest',
  async run(databaseUrl) {
    const clone = makeClone()
    try {
      // What the first starts make is there for all others.
      await (await startWay('headless', databaseUrl)).stop()
      await (await startTrial('headless', clone)).stop()
      const table = [['way', 'seconds to ready', 'memory at rest, MB']]
      const figures: Figure[] = []
      const seconds: Record<string, number> = {}
      for (const way of ['headless', 'npm start'] as const) {
        const measured = await several(() => startWay(way, databaseUrl, { isPinned: false }))
        seconds[way] = measured.seconds
        table.push([way, measured.seconds.toFixed(2), measured.memoryMb.toFixed(0)])
        figures.push(atMostFigure(`${way}: start`, measured.seconds * 1000, bounds[way].ms, 'ms'))
        figures.push(atMostFigure(`${way}: memory at rest`, measured.memoryMb, bounds[way].memoryMb, 'MB'))
      }
      for (const way of ['headless', 'npm start'] as const) {
        const trial = await several(() => startTrial(way, clone))
        const name = `${way}, embedded database`
        table.push([name, trial.seconds.toFixed(2), trial.memoryMb.toFixed(0)])
        const extraMs = (trial.seconds - (seconds[way] ?? 0)) * 1000
        figures.push(atMostFigure(`${name}: what it adds to the start`, extraMs, embeddedExtraMs, 'ms'))
      }
      return { table, figures }
    } finally {
      removeClone(clone)
    }
  },
}

async function several(begin: () => Promise<Target>): Promise<{ seconds: number; memoryMb: number }> {
  const seconds: number[] = []
  const memory: number[] = []
  for (let count = 0; count < starts; count += 1) {
    const startMs = performance.now()
    const server = await begin()
    seconds.push((performance.now() - startMs) / 1000)
    await pause(restMs)
    memory.push(memoryMb(server.pid, 'VmRSS'))
    await server.stop()
  }
  return { seconds: median(seconds), memoryMb: median(memory) }
}
