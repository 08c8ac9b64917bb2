#!/usr/bin/env node
// npm run fuzz: 200,000 requests made from the OpenAPI document, other ones each time. FUZZ_SEED repeats a run.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildIfStale } from './build.mjs'
import { installDependencies, requireNode, root } from './root.mjs'

requireNode()
installDependencies({ withDevelopment: true })
await buildIfStale('servers', 'document')
const { FUZZ_REQUESTS = '200000', FUZZ_SEED = String(Date.now() % 2 ** 31) } = process.env
process.stdout.write(`${FUZZ_REQUESTS} requests, FUZZ_SEED=${FUZZ_SEED}\n`)
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'long', 'test/long/api-fuzz.test.ts'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, FUZZ_REQUESTS, FUZZ_SEED } },
)
process.exit(status ?? 1)
