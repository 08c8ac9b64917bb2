/** Brings together what several processes answer to one question. */
export interface Gathering<Answer> {
  /** @param expected  how many answers are awaited; those that are late are left out */
  ask(expected: number, question: (id: number) => void): Promise<Answer[]>
  answered(id: number, answer: Answer): void
}

/** @param waitMsMax  who needs longer is left out, so that a process that hangs hides no other */
export function createGathering<Answer>(waitMsMax: number): Gathering<Answer> {
  const open = new Map<number, (answer: Answer) => void>()
  let asked = 0
  return {
    ask(expected, question) {
      asked += 1
      const id = asked
      const answers: Answer[] = []
      return new Promise((resolve) => {
        const finish = () => {
          open.delete(id)
          clearTimeout(timer)
          resolve(answers)
        }
        const timer = setTimeout(finish, waitMsMax)
        open.set(id, (answer) => {
          answers.push(answer)
          if (answers.length === expected) finish()
        })
        if (expected === 0) finish()
        else question(id)
      })
    },
    answered: (id, answer) => open.get(id)?.(answer),
  }
}
