import { test } from 'vitest'
import { requireModelAgreement } from '#test/support/model-run.ts'

test('two processes answer random histories as the model does', async () => {
  await requireModelAgreement(25, 40, 20_260_101)
}, 60_000)
