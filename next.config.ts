import { execFileSync } from 'node:child_process'
import type { NextConfig } from 'next'

/** Packages that run from node_modules: native ones, and those of which a process must have one copy. */
const serverExternalPackages = [
  '@auth/core',
  '@auth/drizzle-adapter',
  '@next/env',
  'argon2',
  'bcryptjs',
  'bowser',
  'drizzle-orm',
  'graphile-worker',
  'ioredis',
  'jose',
  'lru-cache',
  'nodemailer',
  'pg',
  'pino',
  'prom-client',
  'rate-limiter-flexible',
  'react-email',
]

/** No page takes a body; Next waits for 10 MB of one. */
const bodyBytesMax = 16 * 1024

/** What the pages for developers read and send. */
const docsFiles = [
  'lib/docs/browser/*',
  'lib/docs/snippets/*',
  'lib/theme/tokens.css',
  'node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  'node_modules/redoc/bundles/redoc.standalone.js',
  'node_modules/swagger-ui-dist/swagger-ui-bundle.js',
  'node_modules/swagger-ui-dist/swagger-ui.css',
]

const config: NextConfig = {
  poweredByHeader: false,
  // An address with a slash at its end is another address; the API says so itself.
  skipTrailingSlashRedirect: true,
  // Types are checked by `npm test`; a start should not wait for it.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages,
  // Bodies go to the operations, which bound them; what is sent to a page is kept up to this size before it is refused.
  experimental: { proxyClientMaxBodySize: bodyBytesMax },
  // No image of ours needs it, and it would fetch what it is told to.
  images: { unoptimized: true },
  // They are read, not imported.
  outputFileTracingIncludes: {
    '/openapi.json': ['dist/openapi.json'],
    '/docs/errors/[code]': ['docs/errors/*.md'],
    '/docs': docsFiles,
    '/docs/**/*': docsFiles,
    '/redoc': docsFiles,
  },
}

/** Hosts that build with Next alone call nothing else of ours before. */
export default function configure(phase: string): NextConfig {
  const isServer = phase === 'phase-production-server'
  if (!isServer) execFileSync(process.execPath, ['bin/document.mjs'], { stdio: 'inherit' })
  return config
}
