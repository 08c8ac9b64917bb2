import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Call } from './ask.ts'
import { quantile } from './report.ts'

/**
 * Asks at a fixed rate, whatever the answers do, and takes each time from the moment when it was to be asked.
 *
 * @returns the 99th percentile in milliseconds
 * @throws Error when an answer is not 200
 */
export async function tick({ url, headers }: Call, seconds: number, perSecond: number): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const startMs = performance.now()
  const asked = Array.from({ length: seconds * perSecond }, async (_, index) => {
    const dueMs = startMs + (index * 1000) / perSecond
    await pause(Math.max(0, dueMs - performance.now()))
    await answered(url, headers, agent)
    return performance.now() - dueMs
  })
  const times = await Promise.all(asked)
  agent.destroy()
  return quantile(times, 0.99)
}

function answered(url: string, headers: Record<string, string>, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers, agent }, (response) => {
      response.resume()
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`))
      response.once('end', resolve)
    })
    asking.once('error', reject)
    asking.end()
  })
}
