import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface LockedPackage {
  resolved?: string
  optionalDependencies?: Record<string, string>
}

const { packages } = readLock('package-lock.json')

test.each(['package-lock.json', 'bench/peers/better-auth/package-lock.json'])(
  '%s names no registry',
  (file) => {
    const locked = Object.entries(readLock(file).packages)
    const named = locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)
    expect(locked.length).toBeGreaterThan(10)
    expect(named).toEqual([])
  },
)

test('the lock file holds the packages of every platform, not only those of the one it was written on', () => {
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  const missing = wanted.filter(
    (name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)),
  )
  expect(wanted.length).toBeGreaterThan(30)
  expect(missing).toEqual([])
})

function readLock(file: string): { packages: Record<string, LockedPackage> } {
  return JSON.parse(readFileSync(file, 'utf8'))
}
