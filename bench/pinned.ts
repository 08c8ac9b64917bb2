import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** The server under test has a core for itself; everything else shares the other. */
export const serverCore = 0
const otherCore = 1

export const canPin = process.platform === 'linux' && availableParallelism() > 1 && hasTaskset()

/** Keeps a process that runs already, all its threads and all children it starts later, off the server's core. */
export function keepOffServerCore(pid: number): void {
  if (canPin) spawnSync('taskset', ['-acp', String(otherCore), String(pid)])
}

function hasTaskset(): boolean {
  return spawnSync('taskset', ['--version']).status === 0
}
