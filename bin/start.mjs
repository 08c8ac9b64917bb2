#!/usr/bin/env node
// npm start, npm run headless, npm run dev: installs, builds what is stale, starts. Runs on a fresh clone.
import { buildIfStale } from './build.mjs'
import { become, giveUp, installDependencies, requireNode, serverOptions } from './root.mjs'
import { becomeWatched } from './watch.mjs'

const ways = {
  pages: { builds: ['servers', 'document', 'cli', 'pages'], options: [...serverOptions, 'dist/pages.mjs'] },
  headless: { builds: ['servers', 'document', 'cli'], options: [...serverOptions, 'dist/headless.mjs'] },
  worker: { builds: ['servers'], options: [...serverOptions, 'dist/worker.mjs'] },
  preview: { builds: [], options: ['--import', 'tsx', 'server/mail-preview.ts'], needsTools: true },
  // From the sources; a changed file of the server starts it anew, a changed page is reloaded in place.
  development: {
    builds: ['document'],
    options: ['--import', 'tsx', 'server/development.ts'],
    needsTools: true,
    watched: ['db', 'emails', 'lib', 'server'],
  },
}

requireNode()
const name = process.argv[2] ?? 'pages'
const way = ways[name]
if (!way) giveUp(`There is no way to serve called "${name}". There are: ${Object.keys(ways).join(', ')}.`)
installDependencies({ withDevelopment: way.needsTools === true })
await buildIfStale(...way.builds)
const variables = { NODE_ENV: way.needsTools ? 'development' : 'production', NEXT_TELEMETRY_DISABLED: '1' }
if (way.watched) becomeWatched(way.options, variables, way.watched)
else become(way.options, variables)
