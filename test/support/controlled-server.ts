// The headless server with single controls of the session engine switched off by name, for runs that show what they
// are for. The entries of production have no such argument.
import type { SessionControl } from '#lib/runtime/create-runtime.ts'
import { serve } from '#server/serve.ts'

const without = (process.env['TEST_WITHOUT'] ?? '').split(',').filter(Boolean) as SessionControl[]
const feedUrl = process.env['TEST_FEED_URL']

await serve({ root: process.cwd(), pages: 'none', parts: { without, ...(feedUrl && { feedUrl }) } })
