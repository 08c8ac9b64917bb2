import type { Outcome } from '../report.ts'

/** One thing to measure. */
export interface Job {
  summary: string
  /** @param databaseUrl  a database of its own, which the first server that uses it makes */
  run(databaseUrl: string): Promise<Outcome>
}
