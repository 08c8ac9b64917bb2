import { expect, test } from 'vitest'
import { races } from '#test/support/races.ts'
import { useDeployment } from '#test/support/use-deployment.ts'

const processes = useDeployment(2)

/** `npm run test:full` runs more of them, with more contenders. */
const rounds = 5
const contenders = 10

test.each(Object.entries(races))('two processes, ten at once: %s', async (_, race) => {
  expect(processes).toHaveLength(2)
  for (let round = 0; round < rounds; round += 1) await race(processes, contenders)
})
