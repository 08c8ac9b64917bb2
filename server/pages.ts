import { serve } from './serve.ts'

/** The server with pages, from the build. */
await serve({ root: process.cwd(), pages: 'built' })
