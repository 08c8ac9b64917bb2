import type { TestAnswer } from './check-answer.ts'

interface ProblemMatchers<Result> {
  /** A refusal with this status and code, and a sentence for people. */
  toBeProblem(status: number, code: string): Result
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the signature that Vitest declares
  interface Matchers<T = any> extends ProblemMatchers<T> {}
}

export const problemMatchers = {
  toBeProblem(answer: TestAnswer, status: number, code: string) {
    const pass = answer.status === status && answer.body['code'] === code && Boolean(answer.body['detail'])
    const got = `${answer.status} ${JSON.stringify(answer.body)}`
    return { pass, message: () => `expected a problem ${status} ${code}, got ${got}` }
  },
}
