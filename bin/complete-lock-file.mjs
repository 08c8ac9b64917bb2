#!/usr/bin/env node
// npm run lock: adds to package-lock.json what npm leaves out of it, the builds for other platforms that the registry
// at hand does not serve (npm ci refuses such a file: https://github.com/npm/cli/issues/4828). Run it after npm install.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]
const processors = { arm: /arm(?!64)/, arm64: /arm64/, ia32: /ia32/, wasm32: /wasm32/, x64: /x64/ }

const file = join(root, 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const entries = Object.entries(lock.packages)
const added = entries.flatMap(([path, { optionalDependencies = {}, dev }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !entries.some(([other]) => other.endsWith(`node_modules/${name}`)))
    .map(([name, version]) => [`node_modules/${name}`, entryFor(path, name, version, dev)]),
)
lock.packages = Object.fromEntries([...entries, ...added].toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${added.length} packages of other platforms added.\n`)

function entryFor(path, name, version, dev) {
  const os = systems.filter((system) => name.includes(system))
  const cpu = Object.keys(processors).filter((processor) => processors[processor].test(name))
  if (!/^\d+\.\d+\.\d+/.test(version) || os.length + cpu.length === 0) {
    throw new Error(`${name} ${version} of ${path || 'package.json'} is not a package of one platform`)
  }
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(dev && { dev }),
    ...(name.includes('musl') && { libc: ['musl'] }),
    optional: true,
    ...(os.length > 0 && { os }),
  }
}
