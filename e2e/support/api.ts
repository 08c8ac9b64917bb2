import { test as base, expect as baseExpect } from '@playwright/test'
import { type ApiClient, createApiClient } from '#test/support/api-client.ts'
import type { TestAnswer } from '#test/support/check-answer.ts'
import { problemMatchers } from '#test/support/problem-matchers.ts'
import { httpTransport } from '#test/support/process-server.ts'
import { readEnvironment } from './environment.ts'
import { wayOf } from './ways.ts'

export interface ServerUnderTest {
  url: string
  hasPages: boolean
  /** A client of its own address, as the proxy in front would name it. */
  client(): ApiClient
  /** Without a proxy in front: the socket's address counts. */
  directClient(): ApiClient
}

export const test = base.extend<{ server: ServerUnderTest }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are asked for from this pattern
  server: async ({}, use, info) => {
    const way = String(info.project.metadata['server'])
    const url = readEnvironment().servers[way] ?? ''
    let clients = 0
    const client = (address: string | null) => clientOf(url, way, address)
    await use({
      url,
      hasPages: way !== 'headless',
      client() {
        clients += 1
        return client(uniqueAddress(info.testId, info.workerIndex, clients))
      },
      directClient: () => client(null),
    })
  },
})

/** Whose every answer must come from the layer that answers in this way of serving. */
export function clientOf(url: string, way: string, address: string | null): ApiClient {
  const transport = httpTransport(url, address)
  return createApiClient(url, async (request) => {
    const answer = await transport(request)
    expect(answer.headers.get('server-timing')).toBe(`via;desc=${wayOf(way).layer}`)
    return answer
  })
}

/** From 10.0.0.0/8, the same for the same client of the same test. */
function uniqueAddress(testId: string, worker: number, count: number): string {
  const number = [...testId].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, worker)
  return `10.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${(number + count) & 255}`
}

export const expect = baseExpect.extend({
  toBeProblem: (answer: TestAnswer, status: number, code: string) =>
    problemMatchers.toBeProblem(answer, status, code),
})
