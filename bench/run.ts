// npm run bench [-- <job> …]: every server on one pinned core, the generator and PostgreSQL on the other, round by
// round in turn, so that a slow minute of the machine hits all alike. All jobs together write bench/RESULTS.md.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { Secret } from '#lib/crypto/secret.ts'
import { startEmbeddedDatabase } from '#server/embedded-database.ts'
import { withDatabase } from '#test/support/database.ts'
import { buildIfStale } from '../bin/build.mjs'
import type { Job } from './jobs/job.ts'
import { login } from './jobs/login.ts'
import { me } from './jobs/me.ts'
import { quiet } from './jobs/quiet.ts'
import { refresh } from './jobs/refresh.ts'
import { register } from './jobs/register.ts'
import { revocation } from './jobs/revocation.ts'
import { size } from './jobs/size.ts'
import { start } from './jobs/start.ts'
import { storm } from './jobs/storm.ts'
import { canPin, keepOffServerCore } from './pinned.ts'
import { writeOutcome } from './report.ts'

const jobs: Record<string, Job> = { me, refresh, login, register, quiet, storm, revocation, size, start }

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(jobs)
const unknown = names.find((name) => !jobs[name])
if (unknown) {
  process.stderr.write(`There is no job ${unknown}. Jobs: ${Object.keys(jobs).join(', ')}.\n`)
  process.exit(2)
}

await buildIfStale('servers', 'document', 'pages')
const startedMs = performance.now()
const dataPath = mkdtempSync(join(tmpdir(), 'session-management-bench-'))
const database = await startEmbeddedDatabase({
  root: process.cwd(),
  dataPath,
  password: new Secret('only-for-this-run'),
})
const sections: string[] = []
let isComplete = names.length === Object.keys(jobs).length
try {
  keepOffServerCore(process.pid)
  keepOffServerCore(Number(readFileSync(join(database.directory, 'postmaster.pid'), 'utf8').split('\n')[0]))
  for (const name of names) {
    const job = jobs[name]
    if (!job) continue
    process.stderr.write(`\n${job.summary} …\n`)
    const outcome = await job.run(withDatabase(database.url.reveal(), `bench_${name}`)).catch((error) => {
      process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : error}\n`)
      isComplete = false
      process.exitCode = 1
      return null
    })
    if (!outcome) continue
    const section = writeOutcome(job.summary, outcome)
    process.stdout.write(`\n${section}\n`)
    sections.push(section)
  }
} finally {
  await database.stop()
  rmSync(dataPath, { recursive: true, force: true })
}
const minutes = (performance.now() - startedMs) / 60_000
process.stderr.write(`${minutes.toFixed(1)} minutes\n`)
if (isComplete) writeResults()
process.exit()

function writeResults(): void {
  const git = (...options: string[]) => execFileSync('git', options, { encoding: 'utf8' }).trim()
  const machine = [
    `${cpus().length} × ${cpus()[0]?.model}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${process.platform} ${release()}`,
    `Node ${process.version}`,
  ]
  const pinning = canPin ? 'the server on one core, the rest on the other' : 'nothing pinned'
  const head = [
    '# What was measured',
    '',
    `By \`npm run bench\`, in ${minutes.toFixed(0)} minutes, on ${machine.join(', ')}; ${pinning}.`,
    `Commit ${git('rev-parse', '--short', 'HEAD')}, ${git('log', '-1', '--format=%cs')}. Medians over the rounds, which take everybody in turn.`,
    'Ratios are made round by round; in parentheses their lowest and highest. What is promised is in bold where it was not met.',
    '',
  ]
  mkdirSync('bench', { recursive: true })
  writeFileSync('bench/RESULTS.md', [...head, ...sections].join('\n'))
}
