import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Sample } from './measure.ts'

export interface Row {
  name: string
  samples: Sample[]
}

/** Prints medians over the rounds, and each as a part of the base. */
export function printReport(rows: readonly Row[], base: string): void {
  const ofBase = median(ratesOf(rows.find(({ name }) => name === base)))
  const lines = rows.map((row) => {
    const rates = ratesOf(row)
    const middle = median(rates)
    return [
      row.name.padEnd(12),
      `${Math.round(middle)}`.padStart(7),
      `${Math.round(Math.min(...rates))}–${Math.round(Math.max(...rates))}`.padStart(15),
      `${median(row.samples.map(({ p50Ms }) => p50Ms)).toFixed(0)}`.padStart(6),
      `${median(row.samples.map(({ p99Ms }) => p99Ms)).toFixed(0)}`.padStart(6),
      `${(middle / ofBase).toFixed(2)}`.padStart(7),
    ].join(' ')
  })
  process.stdout.write(`${['', heading(base), ...lines, ''].join('\n')}\n`)
}

/** Writes every sample to `artifacts/bench/<job>.json`. */
export function writeReport(job: string, rows: readonly Row[]): void {
  mkdirSync('artifacts/bench', { recursive: true })
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version }
  writeFileSync(`artifacts/bench/${job}.json`, `${JSON.stringify({ machine, rows }, null, 2)}\n`)
}

function heading(base: string): string {
  return `${''.padEnd(12)} ${'req/s'.padStart(7)} ${'range'.padStart(15)} ${'p50'.padStart(6)} ${'p99 ms'.padStart(6)} ÷ ${base}`
}

function ratesOf(row: Row | undefined): number[] {
  return row?.samples.map(({ requestsPerSecond }) => requestsPerSecond) ?? []
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
