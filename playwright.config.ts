import { defineConfig } from '@playwright/test'
import { findBrowser } from './bin/find-browser.mjs'
import { madeUpHost } from './e2e/support/environment.ts'

const executablePath = process.env.E2E_ONLY === 'headless' ? '' : findBrowser()

const desktop = { width: 1280, height: 800 }
const phone = { width: 360, height: 740 }

/** Ways in which people see the pages; `npm test` takes the first and the last of them, `npm run test:full` the rest. */
const looks = [
  { name: 'desktop-light', use: { viewport: desktop, colorScheme: 'light' as const } },
  { name: 'desktop-dark', use: { viewport: desktop, colorScheme: 'dark' as const } },
  { name: 'phone-light', use: { viewport: phone, colorScheme: 'light' as const, hasTouch: true } },
  { name: 'phone-dark', use: { viewport: phone, colorScheme: 'dark' as const, hasTouch: true } },
  { name: 'no-scripts', use: { viewport: phone, colorScheme: 'dark' as const, javaScriptEnabled: false } },
]

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/support/global-setup.ts',
  forbidOnly: true,
  retries: 0,
  workers: 2,
  // Swagger UI draws slowly on a machine that has other things to do.
  timeout: 60_000,
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
        // A name that is not localhost, for what behaves on localhost only.
        `--host-resolver-rules=MAP ${madeUpHost} 127.0.0.1`,
      ],
    },
  },
  projects: [
    // The same specs against each way of serving.
    ...['headless', 'pages', 'next'].map((server) => ({
      name: `api-${server}`,
      testDir: 'e2e/api',
      metadata: { server },
    })),
    // The pages that are no React, in a browser, against each way of serving.
    ...['headless', 'pages', 'next'].map((server) => ({
      name: `docs-${server}`,
      testDir: 'e2e/docs',
      metadata: { server },
      use: { viewport: desktop },
    })),
    {
      name: 'other-origin',
      testDir: 'e2e/other-origin',
      // They are front ends on one port.
      workers: 1,
      metadata: { server: 'headless' },
    },
    { name: 'screens', testDir: 'e2e/screens', metadata: { server: 'pages' } },
    ...looks.map(({ name, use }) => ({
      name: `ui-${name}`,
      testDir: 'e2e/ui',
      metadata: { server: 'pages' },
      use,
    })),
  ],
})
