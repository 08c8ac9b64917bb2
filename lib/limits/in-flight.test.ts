import { describe, expect, test } from 'vitest'
import { type Awaited as Awaiting, createInFlight, type InFlight } from './in-flight.ts'

const forever = 60_000

/** Names of those who were woken, in order. */
function watchWaiting(inFlight: InFlight) {
  const woken: string[] = []
  return {
    woken,
    wait: (name: string, awaited: Awaiting, msMax = forever) =>
      inFlight.waitForOne('key', awaited, msMax).then(() => woken.push(name)),
  }
}

/** Lets everything run that does not wait for a timer. */
function settled() {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('tries in flight', () => {
  test('are counted by key from the moment they enter until they leave', () => {
    const inFlight = createInFlight()
    inFlight.enter(['a', 'b'])
    inFlight.enter(['a'])
    inFlight.admit(['a', 'b'])
    expect([inFlight.entered('a'), inFlight.entered('b'), inFlight.entered('c')]).toEqual([2, 1, 0])
    expect([inFlight.admitted('a'), inFlight.admitted('b'), inFlight.admitted('c')]).toEqual([1, 1, 0])

    inFlight.leave(['a'], false)
    inFlight.leave(['a', 'b'], true)

    expect([inFlight.entered('a'), inFlight.entered('b')]).toEqual([0, 0])
    expect([inFlight.admitted('a'), inFlight.admitted('b')]).toEqual([0, 0])
  })

  test('each that leaves makes a place for one, in the order of arrival', async () => {
    const inFlight = createInFlight()
    for (let n = 0; n < 3; n++) inFlight.enter(['key'])
    const { woken, wait } = watchWaiting(inFlight)
    for (const name of ['first', 'second', 'third']) wait(name, 'place')

    inFlight.leave(['key'], false)
    await settled()
    expect(woken).toEqual(['first'])
    inFlight.leave(['key'], false)
    await settled()
    expect(woken).toEqual(['first', 'second'])
  })

  test('who waits for an outcome is not woken by somebody who was refused as well', async () => {
    const inFlight = createInFlight()
    inFlight.enter(['key'])
    inFlight.admit(['key'])
    inFlight.enter(['key'])
    const { woken, wait } = watchWaiting(inFlight)
    wait('waiting', 'outcome')

    inFlight.leave(['key'], false)
    await settled()
    expect(woken).toEqual([])
    inFlight.leave(['key'], true)
    await settled()
    expect(woken).toEqual(['waiting'])
  })

  test('an outcome wakes one, the last outcome and the last try everybody: nobody else will', async () => {
    const inFlight = createInFlight()
    for (let n = 0; n < 3; n++) inFlight.enter(['key'])
    inFlight.admit(['key'])
    inFlight.admit(['key'])
    const { woken, wait } = watchWaiting(inFlight)
    for (const name of ['one', 'two', 'three']) wait(name, 'outcome')
    for (const name of ['four', 'five', 'six', 'seven']) wait(name, 'place')

    inFlight.leave(['key'], true)
    await settled()
    expect(woken.toSorted()).toEqual(['four', 'one'])
    inFlight.leave(['key'], true)
    await settled()
    expect(woken.toSorted()).toEqual(['five', 'four', 'one', 'three', 'two'])
    inFlight.leave(['key'], false)
    await settled()
    expect(woken).toHaveLength(7)
  })

  test('nobody waits longer than asked, and who gave up takes nobody else’s turn', async () => {
    const inFlight = createInFlight()
    inFlight.enter(['key'])
    inFlight.enter(['key'])
    const { woken, wait } = watchWaiting(inFlight)
    const impatient = wait('impatient', 'place', 1)
    wait('patient', 'place')
    await impatient
    expect(woken).toEqual(['impatient'])

    inFlight.leave(['key'], false)
    await settled()

    expect(woken).toEqual(['impatient', 'patient'])
  })
})
