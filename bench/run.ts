// npm run bench -- <job>: every server on one pinned core, the generator and PostgreSQL on the other, round by round
// in turn, so that a slow minute of the machine hits all alike.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '#lib/crypto/secret.ts'
import { startEmbeddedDatabase } from '#server/embedded-database.ts'
import { withDatabase } from '#test/support/database.ts'
import { buildIfStale } from '../bin/build.mjs'
import type { Job } from './jobs/job.ts'
import { me } from './jobs/me.ts'
import { measure } from './measure.ts'
import { canPin, keepOffServerCore } from './pinned.ts'
import { printReport, type Row, writeReport } from './report.ts'

const jobs: Record<string, Job> = { me }
const rounds = 5
const warmUpSeconds = 1
const roundSeconds = 4

const [name = ''] = process.argv.slice(2)
const job = jobs[name]
if (!job) {
  process.stderr.write(`Usage: npm run bench -- <job>. Jobs: ${Object.keys(jobs).join(', ')}.\n`)
  process.exit(2)
}

await buildIfStale('servers', 'document', 'pages')
const dataPath = mkdtempSync(join(tmpdir(), 'session-management-bench-'))
const database = await startEmbeddedDatabase({
  root: process.cwd(),
  dataPath,
  password: new Secret('only-for-this-run'),
})
try {
  keepOffServerCore(process.pid)
  keepOffServerCore(Number(readFileSync(join(database.directory, 'postmaster.pid'), 'utf8').split('\n')[0]))
  const rows = await compare(job, withDatabase(database.url.reveal(), 'bench'))
  printReport(rows, job.base)
  writeReport(name, rows)
} finally {
  await database.stop()
  rmSync(dataPath, { recursive: true, force: true })
}

async function compare({ summary, subjects }: Job, databaseUrl: string): Promise<Row[]> {
  const taking = await subjects(databaseUrl)
  const pinning = canPin
    ? 'server on one core, the rest on the other'
    : 'not pinned (needs Linux, taskset, two cores)'
  process.stdout.write(`\n${summary}: ${rounds} rounds of ${roundSeconds} s, ${pinning}\n`)
  const rows = taking.map(({ target }): Row => ({ name: target.name, samples: [] }))
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, { load }] of taking.entries()) {
        await measure(load, warmUpSeconds)
        rows[index]?.samples.push(await measure(load, roundSeconds))
      }
    }
  } finally {
    for (const { target } of taking) await target.stop()
  }
  return rows
}
