#!/usr/bin/env node
// Assembles the OpenAPI document if it is stale. Next's configuration calls it, for hosts that run nothing of ours before.
import { buildIfStale } from './build.mjs'

await buildIfStale('document')
