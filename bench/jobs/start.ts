import { setTimeout as pause } from 'node:timers/promises'
import { memoryMb } from '../compare.ts'
import { atMostFigure, type Figure, median } from '../report.ts'
import { startWay, ways } from '../targets.ts'
import type { Job } from './job.ts'

const starts = 5
const restMs = 3000
const bounds = {
  headless: { seconds: 1, memory: 120 },
  'npm start': { seconds: 2.5, memory: 250 },
}

/** From the start of the process to the first 200 of ready, and what it then takes; everything is built and migrated. */
export const start: Job = {
  summary: 'Start, with a database that is there, and memory at rest',
  async run(databaseUrl) {
    await (await startWay('headless', databaseUrl)).stop()
    const table = [['way', 'seconds to ready', 'memory at rest, MB']]
    const figures: Figure[] = []
    for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
      const seconds: number[] = []
      const memory: number[] = []
      for (let count = 0; count < starts; count += 1) {
        const startMs = performance.now()
        const server = await startWay(way, databaseUrl, { isPinned: false })
        seconds.push((performance.now() - startMs) / 1000)
        await pause(restMs)
        memory.push(memoryMb(server.pid, 'VmRSS'))
        await server.stop()
      }
      table.push([way, median(seconds).toFixed(2), median(memory).toFixed(0)])
      if (way === 'plain Next') continue
      figures.push(atMostFigure(`${way}: start`, median(seconds) * 1000, bounds[way].seconds * 1000, 'ms'))
      figures.push(atMostFigure(`${way}: memory at rest`, median(memory), bounds[way].memory, 'MB'))
    }
    return { table, figures }
  },
}
