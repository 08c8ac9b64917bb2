import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    allowOnly: false,
    retry: 0,
    passWithNoTests: false,
    restoreMocks: true,
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{cli,lib,db,server,components}/**/*.test.ts', 'test/*.test.ts'],
          maxWorkers: 2,
          // Every file has a database and a server of its own; to load the modules anew for each took a third of the time.
          isolate: false,
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/system/*.test.ts'],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'figures',
          include: ['test/figures/*.test.ts'],
          // Each measures whole servers: one at a time.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: ['test/long/*.test.ts'],
          // None of them looks at the time.
          maxWorkers: 2,
          testTimeout: 900_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'full',
          include: ['test/full/*.test.ts'],
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
