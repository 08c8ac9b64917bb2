// The floor: node:http and a constant answer. What any server on this core could reach at most.
import { createServer } from 'node:http'

const body = JSON.stringify({ id: 1, email: 'bench@example.com', username: 'bench' })

createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}).listen(Number(process.env['PORT']), '127.0.0.1')
