import type { Load } from '../measure.ts'
import type { Target } from '../targets.ts'

export interface Subject {
  target: Target
  load: Load
}

/** One thing to measure, and who does it. */
export interface Job {
  summary: string
  /** Name of the target that the others are divided by. */
  base: string
  /** Starts everyone who takes part. */
  subjects(databaseUrl: string): Promise<Subject[]>
}
