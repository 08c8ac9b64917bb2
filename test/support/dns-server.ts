import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

const [typeA, typeMx] = [1, 15]
const [noError, serverFailure, noSuchName] = [0, 2, 3]

/** What a name has. `silent`: no answer at all. */
export type Zone = Record<string, { mx?: string[]; a?: string[] } | 'silent' | 'failing'>

/** A name server of this machine (RFC 1035); names that are not in the zone do not exist. @returns `address:port` */
export async function startDnsServer(zone: Zone): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    const { name, type, end } = readQuestion(query)
    const entry = zone[name]
    if (entry === 'silent') return
    const code = entry === undefined ? noSuchName : entry === 'failing' ? serverFailure : noError
    const records = typeof entry === 'object' ? recordsOf(entry, type) : []
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180 | code, 2)
    header.writeUInt16BE(records.length, 6)
    header.fill(0, 8, 12)
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), peer.port, peer.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  return `127.0.0.1:${(socket.address() as AddressInfo).port}`
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let size = query[at] ?? 0; size > 0; size = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + size))
    at += size + 1
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function recordsOf({ mx = [], a = [] }: { mx?: string[]; a?: string[] }, type: number): Buffer[] {
  if (type === typeMx)
    return mx.map((exchange) => record(typeMx, Buffer.concat([Buffer.from([0, 10]), nameOf(exchange)])))
  if (type === typeA) return a.map((address) => record(typeA, Buffer.from(address.split('.').map(Number))))
  return []
}

function record(type: number, data: Buffer): Buffer {
  // The name is a pointer to that of the question.
  return Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]), data])
}

function nameOf(name: string): Buffer {
  const labels = name.split('.').filter(Boolean)
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ])
}
