import type { Page } from '@playwright/test'
import type { Credentials } from '#test/support/api-client.ts'
import { mailServerUrl } from './mailbox.ts'
import { test as base, signInOn } from './ui.ts'

/** The same pages, of the server whose messages are captured. */
export const test = base.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are asked for from this pattern
  url: async ({}, use) => use(mailServerUrl()),
})

/** Signs in and goes on to a page. */
export async function openSignedIn(page: Page, account: Credentials, path: string): Promise<void> {
  await page.goto(`/login?${new URLSearchParams({ next: path })}`)
  await signInOn(page, account)
  await page.waitForURL((url) => url.pathname === path && !url.searchParams.has('from'))
}
