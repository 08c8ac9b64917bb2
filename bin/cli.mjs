#!/usr/bin/env node
// npm run cli -- <command>: installs and builds what is stale, then runs one operator command.
import { buildIfStale } from './build.mjs'
import { become, installDependencies, requireNode } from './root.mjs'

requireNode()
installDependencies({ withDevelopment: false, mayReplace: false })
await buildIfStale('cli')
become(['--enable-source-maps', 'dist/cli.mjs', ...process.argv.slice(2)], { NODE_ENV: 'production' })
