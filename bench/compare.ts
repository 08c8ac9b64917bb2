import { readFileSync } from 'node:fs'
import { type Load, measure, type Sample, usualConnections } from './measure.ts'
import type { Target } from './targets.ts'

/** Who is asked, and what. */
export interface Subject {
  target: Target
  load: Load | readonly Load[]
}

export interface Row {
  name: string
  samples: (Sample & Cost)[]
}

/** What a measurement cost the process; NaN where the system does not tell (only Linux does). */
export interface Cost {
  cpuMsPerThousand: number
  memoryMb: number
}

export interface Rounds {
  rounds?: number
  seconds?: number
  connections?: number
}

/** Measures everybody in turn, round by round, so that a slow minute of the machine hits all alike; then stops them. */
export async function compare(
  subjects: readonly Subject[],
  { rounds = 5, seconds = 3, connections = usualConnections }: Rounds = {},
): Promise<Row[]> {
  const rows = subjects.map(({ target }): Row => ({ name: target.name, samples: [] }))
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, { target, load }] of subjects.entries()) {
        await measure(load, seconds / 4, connections)
        const before = cpuMs(target.pid)
        const sample = await measure(load, seconds, connections)
        const requests = sample.requestsPerSecond * seconds
        const cpuMsPerThousand = ((cpuMs(target.pid) - before) / requests) * 1000
        rows[index]?.samples.push({ ...sample, cpuMsPerThousand, memoryMb: memoryMb(target.pid, 'VmRSS') })
      }
    }
    return rows
  } finally {
    for (const { target } of subjects) await target.stop()
  }
}

const tickMs = 10

/** Processor time of a process so far, user and system. */
function cpuMs(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)?.split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}

/** Resident memory of a process now, or at its highest. */
export function memoryMb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(read(`/proc/${pid}/status`) ?? '')
  return Number(line?.[1]) / 1024
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
