#!/usr/bin/env node
// npm run headless: installs, builds what is stale, starts. Runs on a fresh clone.
import { buildIfStale } from './build.mjs'
import { become, giveUp, installDependencies, requireNode } from './root.mjs'

const servers = { headless: 'dist/headless.mjs' }

requireNode()
const name = process.argv[2] ?? 'headless'
const server = servers[name]
if (!server)
  giveUp(`There is no way to serve called "${name}". There are: ${Object.keys(servers).join(', ')}.`)
installDependencies({ withDevelopment: false })
await buildIfStale()
become(['--enable-source-maps', server])
