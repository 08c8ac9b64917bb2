// Finds a Chromium for the browser tests, or brings one: see the order below.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { giveUp, root } from './root.mjs'

const systemNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const downloadTimeoutMs = 120_000

/**
 * The path of a Chromium: CHROMIUM_PATH, the one that Playwright installed, one of the system's; else Playwright's
 * download, else the distribution's package.
 */
export function findBrowser() {
  return process.env.CHROMIUM_PATH ?? playwrightsOwn() ?? onPath() ?? downloaded() ?? packaged() ?? none()
}

function playwrightsOwn() {
  const { chromium } = createRequire(join(root, 'package.json'))('playwright-core')
  const path = chromium.executablePath()
  return path && existsSync(path) ? path : null
}

function onPath() {
  for (const name of systemNames) {
    const { status, stdout } = spawnSync('which', [name], { encoding: 'utf8' })
    if (status === 0 && stdout.trim() !== '') return stdout.trim()
  }
  return null
}

function downloaded() {
  process.stdout.write('No browser found; asking Playwright for Chromium …\n')
  const cli = join(root, 'node_modules', 'playwright-core', 'cli.js')
  const { status } = spawnSync(process.execPath, [cli, 'install', 'chromium'], {
    cwd: root,
    stdio: 'ignore',
    timeout: downloadTimeoutMs,
  })
  return status === 0 ? playwrightsOwn() : null
}

/** Debian and its relatives, as root. */
function packaged() {
  if (process.getuid?.() !== 0 || spawnSync('which', ['apt-get']).status !== 0) return null
  process.stdout.write("Installing the distribution's Chromium …\n")
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const options of [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']]) {
    spawnSync('apt-get', options, { stdio: ['ignore', 'ignore', 'inherit'], env: environment })
  }
  return onPath()
}

function none() {
  giveUp('The browser tests need Chromium. Install one, or set CHROMIUM_PATH to it.')
}
