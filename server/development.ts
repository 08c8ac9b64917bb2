import { serve } from './serve.ts'

/** The server with pages that are compiled as they are asked for, with hot reload. */
await serve({ root: process.cwd(), pages: 'development' })
