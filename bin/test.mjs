#!/usr/bin/env node
// npm test: installs, builds, finds a browser, runs every suite and counts. `npm test -- unit` runs one of them.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildIfStale } from './build.mjs'
import { giveUp, installDependencies, requireNode, root } from './root.mjs'
import { withoutNext } from './without-next.mjs'

const results = join(root, 'artifacts', 'tests')

const ways = ['api-pages', 'api-next', 'other-origin']
const docs = ['docs-headless', 'docs-pages', 'docs-next']
const looks = ['ui-desktop-light', 'ui-no-scripts']
const otherLooks = ['ui-desktop-dark', 'ui-phone-light', 'ui-phone-dark']

/** What each command runs, in this order. */
const commands = {
  test: {
    static: runStatic,
    unit: runVitest('unit'),
    system: runVitest('system'),
    figures: runVitest('figures'),
    'e2e-headless': runHeadless,
    e2e: runPlaywright([...ways, ...looks]),
  },
  full: {
    long: runVitest('long'),
    full: runVitest('full'),
    'e2e-full': runPlaywright([...otherLooks, ...docs]),
  },
  // Draws docs/screens/.
  screens: { screens: runPlaywright(['screens']) },
}

requireNode()
const [first = 'test'] = process.argv.slice(2)
const command = first in commands ? first : 'test'
const wanted = process.argv.slice(first in commands ? 3 : 2)
const suites = Object.entries(commands[command]).filter(
  ([name]) => wanted.length === 0 || wanted.includes(name),
)
if (suites.length === 0)
  giveUp(`There is no suite ${wanted.join(', ')}. There are: ${Object.keys(commands[command]).join(', ')}.`)

installDependencies({ withDevelopment: true })
await buildIfStale('servers', 'document', 'cli', 'pages')
const { findBrowser } = await import('./find-browser.mjs')
process.env.CHROMIUM_PATH = findBrowser()
mkdirSync(results, { recursive: true })

const rows = []
for (const [name, run] of suites) {
  const startedMs = performance.now()
  const counted = run(name)
  rows.push(...counted.map((row) => ({ ...row, seconds: (performance.now() - startedMs) / 1000 })))
}
report(rows)

/** Formatter, linter and type checker: one check each. */
function runStatic() {
  const checks = [
    ['@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']],
    ['typescript/bin/tsc', ['--noEmit', '-p', '.']],
  ]
  const passed = checks.filter(([tool, options]) => runTool(tool, options) === 0).length
  return [{ suite: 'static', passed, failed: checks.length - passed, left: 0, note: '' }]
}

function runVitest(project) {
  return (name) => {
    const file = join(results, `${name}.json`)
    rmSync(file, { force: true })
    const options = [
      'run',
      '--project',
      project,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ]
    const status = runTool('vitest/vitest.mjs', options)
    const report = readReport(file)
    if (!report) return [broken(name)]
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests = 0, numTodoTests = 0 } = report
    const left = numPendingTests + numTodoTests
    // Red without a failed test: an error outside of all tests.
    const unexplained = status !== 0 && failed === 0 ? 1 : 0
    return [{ suite: name, passed, failed: failed + unexplained, left, note: '' }]
  }
}

function runPlaywright(projects) {
  return (name) => {
    const file = join(results, `${name}.json`)
    rmSync(file, { force: true })
    process.env.PLAYWRIGHT_JSON_OUTPUT_NAME = file
    const chosen = projects.flatMap((project) => ['--project', project])
    const status = runTool('@playwright/test/cli.js', ['test', '--reporter=dot,json', ...chosen])
    const report = readReport(file)
    if (!report) return [broken(name)]
    const specs = report.suites.flatMap(specsOf)
    const counted = projects.map((project) =>
      countSpecs(
        specs.filter((spec) => spec.project === project),
        project,
      ),
    )
    const explained = counted.some(({ failed, left }) => failed + left > 0)
    return status === 0 || explained ? counted : [...counted, broken(name)]
  }
}

/** The same API specs as of the other ways, while neither Next nor a page is on the disk. */
function runHeadless(name) {
  process.env.E2E_ONLY = 'headless'
  try {
    return withoutNext(() => runPlaywright(['api-headless'])(name))
  } finally {
    delete process.env.E2E_ONLY
  }
}

/** A project without specs is as wrong as a failed one. */
function countSpecs(specs, project) {
  const passed = specs.filter(({ status }) => status === 'expected').length
  const failed = specs.length === 0 ? 1 : specs.filter(({ status }) => status === 'unexpected').length
  const left = Math.max(0, specs.length - passed - failed)
  return { suite: `e2e ${project}`, passed, failed, left, note: specs.length === 0 ? 'no specs' : '' }
}

function specsOf(suite) {
  const own = (suite.specs ?? []).flatMap((spec) =>
    spec.tests.map((test) => ({ project: test.projectName, status: test.status })),
  )
  return [...own, ...(suite.suites ?? []).flatMap(specsOf)]
}

function broken(suite) {
  return { suite, passed: 0, failed: 1, left: 0, note: 'did not run to its end' }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

function runTool(tool, options) {
  const path = join(root, 'node_modules', tool)
  return spawnSync(process.execPath, [path, ...options], { cwd: root, stdio: 'inherit' }).status
}

/** A skipped, todo or flaky test is as red as a failed one. */
function report(counted) {
  const total = (field) => counted.reduce((sum, row) => sum + row[field], 0)
  process.stdout.write('\n')
  for (const kind of ['e2e api', 'e2e docs']) {
    const ofWays = counted.filter(({ suite }) => suite.startsWith(`${kind}-`)).map(({ passed }) => passed)
    if (new Set(ofWays).size > 1)
      counted.push({ ...broken(kind), note: 'the ways differ in their specs', seconds: 0 })
  }
  for (const { suite, passed, failed, left, note, seconds } of counted) {
    const outcome = `${passed} passed, ${failed} failed, ${left} left out`
    process.stdout.write(`${suite.padEnd(18)} ${outcome}  ${seconds.toFixed(0)} s  ${note}\n`)
  }
  const failed = total('failed') + total('left')
  writeFileSync(join(results, `${command}.total.json`), JSON.stringify({ passed: total('passed'), failed }))
  process.stdout.write(`\n${total('passed')} passed, ${failed} failed\n`)
  process.exit(failed === 0 && total('passed') > 0 ? 0 : 1)
}
