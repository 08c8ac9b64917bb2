import { Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest'
import { isLoopbackHost } from '#lib/config/loopback.ts'
import { problemMatchers } from './problem-matchers.ts'

expect.extend(problemMatchers)

/** The same cases in every run; another number looks elsewhere. */
fc.configureGlobal({ seed: 20_261_122 })

/** No test may reach beyond this machine, by accident least of all. */
const connectWithin = function (this: Socket, ...input: unknown[]) {
  const [first] = input.flat() as [{ host?: string; path?: string } | undefined]
  if (typeof first === 'object' && first?.host && !first.path && !isLoopbackHost(first.host)) {
    throw new Error(`a test tried to connect to ${first.host}`)
  }
  return Reflect.apply(connect, this, input)
} as Socket['connect']
const { connect } = Socket.prototype
// Files of one worker share it: this runs for each of them.
if (connect.name !== connectWithin.name) Socket.prototype.connect = connectWithin

beforeEach(() => {
  vi.spyOn(console, 'error')
})

/** What a process has once, such as its runtime: the next file of the worker is another process. */
afterAll(() => {
  for (const mark of Object.getOwnPropertySymbols(globalThis)) {
    if (mark.description?.startsWith('session-management.')) Reflect.deleteProperty(globalThis, mark)
  }
})

afterEach(() => {
  expect(vi.mocked(console.error).mock.calls, 'console.error was called').toEqual([])
})
