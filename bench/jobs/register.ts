import { newAccount } from '../account.ts'
import { compare } from '../compare.ts'
import type { Load } from '../measure.ts'
import { ratioFigure, tableOf } from '../report.ts'
import { startBare, startWay } from '../targets.ts'
import type { Job } from './job.ts'

const connections = 8

/** New accounts, each from an address of its own: registrations are limited by address. */
export const register: Job = {
  summary: 'Register: POST /api/auth/register',
  async run(databaseUrl) {
    const headless = await startWay('headless', databaseUrl, { variables: { TRUST_PROXY: '1' } })
    const bare = await startBare('bare register', 'register', { DATABASE_URL: databaseUrl })
    const rows = await compare(
      [headless, bare].map((target) => ({
        target,
        load: Array.from({ length: connections }, () => registrations(target.url)),
      })),
      { connections, seconds: 4 },
    )
    return { table: tableOf(rows), figures: ratioFigure(rows, ['headless', 'bare register'], 0.9) }
  },
}

let addresses = 0

function registrations(url: string): Load {
  const write = () => {
    const number = addresses++
    const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
    return {
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify(newAccount()),
    }
  }
  return { url: `${url}/api/auth/register`, method: 'POST', ...write(), each: write }
}
