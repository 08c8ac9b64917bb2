import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface LockedPackage {
  resolved?: string
  optionalDependencies?: Record<string, string>
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>
}

test('the lock file names no registry', () => {
  const named = Object.keys(packages).filter((path) => packages[path]?.resolved !== undefined)
  expect(named).toEqual([])
})

test('the lock file holds the packages of every platform, not only those of the one it was written on', () => {
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  const missing = wanted.filter(
    (name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)),
  )
  expect(wanted.length).toBeGreaterThan(30)
  expect(missing).toEqual([])
})
