import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A connection without an HTTP client, for what no client would send. */
export interface RawConnection {
  socket: Socket
  /** What came so far. */
  seen: { text: string; isClosed: boolean }
}

/** Connects to a port of this machine, until the test ends. Errors of the connection show as its end. */
export function connected(port: number): RawConnection {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const seen = { text: '', isClosed: false }
  socket.on('data', (chunk) => {
    seen.text += String(chunk)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    seen.isClosed = true
  })
  return { socket, seen }
}
