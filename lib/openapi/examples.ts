import type { ProblemCode } from '#lib/problems.ts'

/**
 * Answers that operations have really given, recorded by test/openapi-proof.test.ts. Whatever is secret, or differs
 * from run to run, is replaced by a made-up value of the same form.
 */
export interface RecordedExamples {
  /** A refusal as any operation gives it. */
  problems: Partial<Record<ProblemCode, unknown>>
  /** By operation id. */
  operations: Record<string, OperationExamples>
}

export interface OperationExamples {
  /** The body that earned the first success. */
  request?: unknown
  /** Bodies of successes, by what tells them apart. */
  successes: Record<string, unknown>
  /** Refusals that say something other than those of other operations. */
  refusals?: Partial<Record<ProblemCode, unknown>>
}
