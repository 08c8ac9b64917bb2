// Shared by the launchers. Plain JavaScript without dependencies: it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

const oldestNode = [20, 19]

/** Prints a sentence and leaves. */
export function giveUp(sentence) {
  process.stderr.write(`\n${sentence}\n\n`)
  process.exit(1)
}

export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isOldEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
  if (!isOldEnough)
    giveUp(`Node ${oldestNode.join('.')} or newer is needed; this is ${process.versions.node}.`)
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/**
 * Installs what package-lock.json names, if what is there differs from it.
 *
 * @param {{ withDevelopment: boolean, mayReplace?: boolean }} options  withDevelopment false: only what a start needs;
 *        mayReplace false: gives up rather than take away what a server may be running from
 */
export function installDependencies({ withDevelopment, mayReplace = true }) {
  const manifest = readJson(join(root, 'package.json'))
  const wanted = { ...manifest.dependencies, ...(withDevelopment && manifest.devDependencies) }
  const isInstalled = Object.entries(wanted).every(([name, version]) => {
    const file = join(root, 'node_modules', name, 'package.json')
    return existsSync(file) && readJson(file).version === version
  })
  if (isInstalled) return
  if (!mayReplace && existsSync(join(root, 'node_modules')))
    giveUp(
      'The installed packages are not those of package-lock.json. Start the server, or run npm ci, first.',
    )
  process.stderr.write('Installing dependencies (npm ci) …\n')
  const options = ['ci', '--no-audit', '--no-fund', ...(withDevelopment ? [] : ['--omit=dev'])]
  // Not on standard output, which belongs to what is started.
  const { status } = runNpm(options, ['inherit', process.stderr, 'inherit'])
  if (status !== 0) giveUp('The dependencies could not be installed; npm says why above.')
}

/** npm is a script on Windows and needs a shell there. */
export function runNpm(options, stdio = 'inherit') {
  return spawnSync('npm', options, { cwd: root, stdio, shell: process.platform === 'win32' })
}

/**
 * What has to be in the environment before a server process starts, because libuv and the C library read it only then.
 *
 * UV_THREADPOOL_SIZE: threads for hashing besides the four that file and name look-ups use.
 * MALLOC_ARENA_MAX: glibc keeps what a thread frees for that thread; each hash needs 19 MiB, and comes on any of the
 * threads. One arena for all keeps that at 19 MiB a slot (docs/decisions/006-one-malloc-arena.md).
 */
export function serverVariables() {
  const { UV_THREADPOOL_SIZE = String(availableParallelism() + 4), MALLOC_ARENA_MAX = '1' } = process.env
  return { UV_THREADPOOL_SIZE, MALLOC_ARENA_MAX }
}

/**
 * Options of Node for a server process.
 *
 * --max-semi-space-size: half of the default, in MiB. A flood of requests fills the young heap, which keeps what it once
 * took; three times this is its bound.
 */
export const serverOptions = ['--enable-source-maps', '--max-semi-space-size=8']

/**
 * Starts a Node program in this terminal.
 *
 * @param {string[]} options
 * @param {NodeJS.ProcessEnv} variables
 */
export function spawnNode(options, variables) {
  return spawn(process.execPath, options, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...serverVariables(), ...variables },
  })
}

/** @type {(code: number | null, signal: NodeJS.Signals | null) => number} */
export const exitCodeOf = (code, signal) => code ?? (signal === null ? 1 : 128)

/**
 * Runs a Node program in place of this one: same terminal, same signals, same exit code.
 *
 * @param {string[]} options
 * @param {NodeJS.ProcessEnv} [variables]
 */
export function become(options, variables = {}) {
  const child = spawnNode(options, variables)
  child.once('exit', (code, signal) => process.exit(exitCodeOf(code, signal)))
  whenToldToEnd((signal) => child.kill(signal))
}

/**
 * Passes on the signals that are to end this process.
 *
 * @param {(signal: NodeJS.Signals) => void} tell
 */
export function whenToldToEnd(tell) {
  let isTold = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      isTold = true
      tell(signal)
    })
  if (!process.env.npm_lifecycle_event) return
  // A SIGTERM to npm ends npm and the shell between, and tells nobody below them.
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    // To a server a second signal means that it should not wait.
    if (!isTold) tell('SIGTERM')
  }, 500)
}
