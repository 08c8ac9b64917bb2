import { test } from 'vitest'
import { requireModelAgreement } from '#test/support/model-run.ts'

const runs = 500
const stepsMax = 60

test('five hundred random histories on two processes are answered as the model does', async () => {
  const answers = await requireModelAgreement(runs, stepsMax, 20_260_102)
  console.log(`model: ${runs} histories, ${answers} answers`)
})
