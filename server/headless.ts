import { serve } from './serve.ts'

/** The server without pages: the endpoint table, for a front end of its own. */
await serve({ root: process.cwd(), pages: 'none' })
