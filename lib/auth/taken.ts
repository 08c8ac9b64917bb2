import { constraints } from '#db/constraints.ts'
import { violatedConstraint } from '#db/errors.ts'
import { Problem, type ProblemCode, problems } from '#lib/problems.ts'

/** The refusal behind a unique violation of users or registrations; null for any other error. */
export function takenProblem(error: unknown): Problem | null {
  switch (violatedConstraint(error)) {
    case constraints.usersEmail:
      return taken('email', 'email_taken')
    case constraints.usersUsername:
    case constraints.pendingUsername:
      return taken('username', 'username_taken')
    default:
      return null
  }
}

export function taken(field: string, code: ProblemCode): Problem {
  return new Problem(code, { errors: [{ field, code, detail: problems[code].detail }] })
}
