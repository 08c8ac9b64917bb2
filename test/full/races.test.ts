import { describe, expect, test } from 'vitest'
import { races } from '#test/support/races.ts'
import { useDeployment } from '#test/support/use-deployment.ts'

const processes = useDeployment(2)
const rounds = 100

describe.each([2, 10, 50])('two processes, %i at once, a hundred rounds', (contenders) => {
  test.each(Object.entries(races))('%s', async (name, race) => {
    expect(processes).toHaveLength(2)
    const startedMs = performance.now()
    for (let round = 0; round < rounds; round += 1) await race(processes, contenders)
    const seconds = (performance.now() - startedMs) / 1000
    console.log(`${name}: ${rounds} rounds of ${contenders}, ${seconds.toFixed(1)} s`)
  })
})
