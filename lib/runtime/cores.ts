import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Whole cores this process may use: what the machine has, or less where the control group says so (v2, then v1). */
export function usableCores(): number {
  const quota = cgroupCores(readNumbers('/sys/fs/cgroup/cpu.max')) ?? cgroupCores(readV1())
  return Math.max(1, Math.floor(Math.min(availableParallelism(), quota ?? Number.POSITIVE_INFINITY)))
}

/** @param numbers  quota and period in microseconds; a quota of "max" or -1 means no limit */
function cgroupCores([quota, period]: readonly number[]): number | null {
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null
}

function readV1(): number[] {
  return ['quota', 'period'].flatMap((part) => readNumbers(`/sys/fs/cgroup/cpu/cpu.cfs_${part}_us`))
}

function readNumbers(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/).map(Number)
  } catch {
    // Not Linux, or no control groups: then nothing limits us but the machine.
    return []
  }
}

/** How many processes a setting means on this machine. */
export function workersOf(setting: number | 'auto', cores: number): number {
  return setting === 'auto' ? cores : setting
}

/** Passwords that one of so many processes hashes at a time, so that together they keep the cores busy and no more. */
export function hashSlots(cores: number, workers: number): number {
  return Math.max(1, Math.floor(cores / workers))
}
