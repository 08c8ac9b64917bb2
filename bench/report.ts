import type { Row } from './compare.ts'

/** Something that was promised, and what came of it. */
export interface Figure {
  promise: string
  measured: string
  isMet: boolean
}

export interface Outcome {
  /** Lines of a table in Markdown; the first is its head. */
  table: readonly (readonly string[])[]
  figures: readonly Figure[]
}

/** Requests, times and cost of everybody who took part: medians over the rounds. */
export function tableOf(rows: readonly Row[]): string[][] {
  const head = ['who', 'requests/s', 'lowest–highest', 'p50 ms', 'p99 ms', 'CPU ms per 1,000', 'memory MB']
  const lines = rows.map(({ name, samples }) => {
    const rates = samples.map(({ requestsPerSecond }) => requestsPerSecond)
    const middle = (field: keyof (typeof samples)[number], digits = 0) =>
      median(samples.map((sample) => sample[field])).toFixed(digits)
    const rate = (value: number) => value.toFixed(value < 100 ? 1 : 0)
    return [
      name,
      rate(median(rates)),
      `${rate(Math.min(...rates))}–${rate(Math.max(...rates))}`,
      middle('p50Ms'),
      middle('p99Ms'),
      middle('cpuMsPerThousand'),
      middle('memoryMb'),
    ]
  })
  return [head, ...lines]
}

/** How many times as many requests one had as another, by rounds. Absent when one of them did not take part. */
export function ratioFigure(
  rows: readonly Row[],
  [name, base]: readonly [string, string],
  atLeast: number,
): Figure[] {
  const ours = rows.find((row) => row.name === name)
  const theirs = rows.find((row) => row.name === base)
  if (!ours || !theirs) return []
  const ratios = ours.samples.map(
    ({ requestsPerSecond }, round) =>
      requestsPerSecond / (theirs.samples[round]?.requestsPerSecond ?? Number.NaN),
  )
  const spread = `${write(Math.min(...ratios))}–${write(Math.max(...ratios))}`
  return [
    {
      promise: `${name} ÷ ${base} ≥ ${atLeast}`,
      measured: `${write(median(ratios))} (${spread})`,
      isMet: median(ratios) >= atLeast,
    },
  ]
}

function write(ratio: number): string {
  return ratio.toFixed(ratio < 10 ? 2 : 1)
}

/** @returns `value` as a figure that must not be above `atMost` */
export function atMostFigure(promise: string, value: number, atMost: number, unit: string): Figure {
  return {
    promise: `${promise} ≤ ${atMost.toFixed(0)} ${unit}`,
    measured: `${value.toFixed(1)} ${unit}`,
    isMet: value <= atMost,
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export function writeOutcome(summary: string, { table, figures }: Outcome): string {
  const [head = [], ...lines] = table
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'))
  const kept = figures.map(
    ({ promise, measured, isMet }) => `- ${isMet ? 'met' : '**not met**'}: ${promise}; measured ${measured}`,
  )
  return [`## ${summary}`, '', ...[head, rule, ...lines].map(row), '', ...kept, ''].join('\n')
}
