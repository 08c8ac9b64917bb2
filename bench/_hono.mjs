import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
const body = JSON.stringify({ id: 1, email: 'bench@example.com', username: 'bench' })
const l = getRequestListener(process.env.SYNC ? (r) => new Response(body, { headers: { 'content-type': 'application/json' } }) : async (r) => new Response(body, { headers: { 'content-type': 'application/json' } }))
createServer(l).listen(Number(process.env.PORT), '127.0.0.1')
