import { defineConfig } from '@playwright/test'
import { findBrowser } from './bin/find-browser.mjs'

const executablePath = process.env.E2E_ONLY === 'headless' ? '' : findBrowser()

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/support/global-setup.ts',
  forbidOnly: true,
  retries: 0,
  workers: 2,
  timeout: 30_000,
  reporter: 'line',
  outputDir: 'test-results',
  use: {
    launchOptions: {
      executablePath,
      args: [
        // Chromium has no sandbox as root.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  projects: [
    { name: 'api-headless', testDir: 'e2e/api', metadata: { server: 'headless' } },
    { name: 'ui', testDir: 'e2e/ui', metadata: { server: 'headless' } },
  ],
})
