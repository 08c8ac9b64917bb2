import { pingDatabase } from '#db/queries/installation.ts'
import { clockLeewaySeconds } from '#lib/crypto/jwt.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

const check = 'clock'
const noticeableMs = 2000
const fix = 'Set both clocks by NTP (timedatectl set-ntp true), on this machine and on that of the database.'

/** How far apart are this machine and the database? Tokens carry the database's time and are verified by ours. */
export async function checkClock({ database, clock }: Runtime): Promise<Finding> {
  const beforeMs = clock.now().getTime()
  const databaseMs = (await pingDatabase(database)).getTime()
  const differenceMs = databaseMs - (beforeMs + clock.now().getTime()) / 2
  const seconds = (Math.abs(differenceMs) / 1000).toFixed(1)
  const detail = `This machine is ${seconds} s ${differenceMs > 0 ? 'behind' : 'ahead of'} the database`
  if (Math.abs(differenceMs) > clockLeewaySeconds * 1000)
    return failed(check, `${detail}: tokens are refused`, fix)
  if (Math.abs(differenceMs) > noticeableMs) return warning(check, detail, fix)
  return ok(check, `This machine and the database differ by ${Math.round(Math.abs(differenceMs))} ms`)
}
