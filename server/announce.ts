import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findServerVersion } from '#db/queries/installation.ts'
import { openSetup } from '#lib/auth/setup/setup.ts'
import { inboxKeyOf } from '#lib/mail/inbox-key.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Preparation } from './prepare.ts'
import { startUpScreen } from './start-up-screen.ts'

export interface Announcement {
  root: string
  migrations: number
  hasPages: boolean
  /** How many processes serve. */
  workers: number
  /** The port that was really bound, where it may differ from the one of APP_URL. */
  port?: number
}

/** Tells the person at the terminal what runs where, and lets requests in. */
export async function announce(
  preparation: Preparation,
  runtime: Runtime,
  facts: Announcement,
): Promise<void> {
  const { config, warnings, embeddedDatabase, missingForProduction } = preparation
  const url = new URL(config.appUrl)
  if (config.mode !== 'strict' && facts.port) url.port = String(facts.port)
  process.stdout.write(
    startUpScreen({
      ...facts,
      config,
      warnings,
      missingForProduction,
      url: url.origin,
      setupKey: await openSetup(runtime),
      inboxKey: config.mail.kind === 'captured' ? inboxKeyOf(runtime.roots) : null,
      embeddedDatabase: embeddedDatabase?.directory ?? null,
      versions: {
        product: JSON.parse(readFileSync(join(facts.root, 'package.json'), 'utf8')).version,
        node: process.versions.node,
        postgres: await findServerVersion(runtime.database),
      },
    }),
  )
  if (runtime.phase === 'starting') runtime.phase = 'serving'
}
