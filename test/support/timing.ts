import { Agent, request } from 'node:http'

/** What two kinds of requests took, in milliseconds. */
export interface TimedClasses {
  known: number[]
  unknown: number[]
}

/** How well the times of two kinds of requests can be told apart. */
export interface TimingVerdict {
  /** P(a known one is slower) + half the ties: 0.5 is a coin. With the ends of its 99 % interval (bootstrap). */
  auc: number
  aucLow: number
  aucHigh: number
  /** Hodges-Lehmann: the median of all differences, in milliseconds. */
  shiftMs: number
  /** Of the fastest tenth, which attackers keep. */
  fastShiftMs: number
  medianMs: number
}

const resamples = 400

/** @param random  numbers of [0, 1): the same ones give the same verdict */
export function judgeTiming({ known, unknown }: TimedClasses, random: () => number): TimingVerdict {
  const draw = (from: readonly number[]) => from.map(() => from[Math.floor(random() * from.length)] ?? 0)
  const drawn = Array.from({ length: resamples }, () => aucOf(draw(known), draw(unknown))).toSorted(
    (a, b) => a - b,
  )
  return {
    auc: aucOf(known, unknown),
    aucLow: drawn[Math.floor(resamples * 0.005)] ?? 0,
    aucHigh: drawn[Math.ceil(resamples * 0.995) - 1] ?? 1,
    shiftMs: medianDifference(known, unknown),
    fastShiftMs: quantile(known, 0.1) - quantile(unknown, 0.1),
    medianMs: quantile(known, 0.5),
  }
}

/** By the ranks of all (Mann-Whitney). */
function aucOf(known: readonly number[], unknown: readonly number[]): number {
  const all = [
    ...known.map((ms) => ({ ms, isKnown: true })),
    ...unknown.map((ms) => ({ ms, isKnown: false })),
  ].toSorted((a, b) => a.ms - b.ms)
  const ranks = all.reduce((sum, { isKnown }, index) => (isKnown ? sum + index + 1 : sum), 0)
  return (ranks - (known.length * (known.length + 1)) / 2) / (known.length * unknown.length)
}

function medianDifference(known: readonly number[], unknown: readonly number[]): number {
  const differences = new Float64Array(known.length * unknown.length)
  for (const [row, one] of known.entries()) {
    for (const [column, other] of unknown.entries()) differences[row * unknown.length + column] = one - other
  }
  differences.sort()
  return differences[Math.floor(differences.length / 2)] ?? 0
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * share)] ?? 0
}

/** A small generator with a seed (mulberry32): the order of the samples is the same in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface TimedAnswer {
  status: number
  text: string
  /** From the last byte written to the first byte read. */
  ms: number
}

/** Sends JSON over one connection that is kept, each time from another address as the proxy in front names it. */
export function timedSender(url: string): {
  send(path: string, body: object): Promise<TimedAnswer>
  close(): void
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let addresses = 0
  const send = (path: string, body: object) =>
    new Promise<TimedAnswer>((resolve, reject) => {
      addresses += 1
      const text = JSON.stringify(body)
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'x-forwarded-for': `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`,
      }
      let sentMs = 0
      const outgoing = request(`${url}${path}`, { method: 'POST', agent, headers }, (incoming) => {
        const ms = performance.now() - sentMs
        const chunks: Buffer[] = []
        incoming.on('data', (chunk) => chunks.push(chunk))
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString(), ms }),
        )
      })
      outgoing.on('error', reject)
      outgoing.end(text, () => {
        sentMs = performance.now()
      })
    })
  return { send, close: () => agent.destroy() }
}
