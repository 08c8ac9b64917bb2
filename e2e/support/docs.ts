import type { Browser, Locator, Page } from '@playwright/test'
import { contracts, describedInRoutes } from '#lib/contracts.ts'
import { expect } from './ui.ts'

/** What the document has. */
export const documented = [...contracts, ...describedInRoutes]

export interface Executed {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever the answer panel shows
  body: any
  /** As the browser sent them, cookies included. */
  sent: Record<string, string>
}

/** Opens an operation on the page that tries them, runs it, and reads its answer panel. */
export async function execute(page: Page, operationId: string, body?: object): Promise<Executed> {
  const contract = contracts.find((one) => one.operationId === operationId)
  if (!contract) throw new Error(`there is no operation ${operationId}`)
  const operation = page.locator(`#operations-${contract.tag}-${operationId}`)
  if (!(await operation.getByRole('button', { name: 'Execute' }).isVisible())) {
    await operation.locator('.opblock-summary-control').click()
    await operation.getByRole('button', { name: 'Try it out' }).click()
  }
  if (body) await operation.locator('textarea.body-param__text').fill(JSON.stringify(body))
  const asked = page.waitForRequest((request) => new URL(request.url()).pathname === contract.path)
  await operation.getByRole('button', { name: 'Execute' }).click()
  const request = await asked
  const requestId = (await (await request.response())?.allHeaders())?.['x-request-id'] ?? 'none'
  const answer = operation.locator('.live-responses-table')
  await expect(answer).toContainText(requestId)
  const panel = answer.locator('.response-col_description .highlight-code pre').first()
  return {
    status: Number(await answer.locator('tbody .response-col_status').first().textContent()),
    body: JSON.parse((await panel.textContent()) ?? ''),
    sent: await request.allHeaders(),
  }
}

/** Opens the dialog of credentials, and gives it to `fill`. */
export async function authorize(page: Page, fill: (dialog: Locator) => Promise<void>): Promise<void> {
  await page.locator('.auth-wrapper .btn.authorize').click()
  const dialog = page.locator('.dialog-ux .modal-ux')
  await fill(dialog)
  await dialog.getByRole('button', { name: 'Close', exact: true }).first().click()
  await expect(dialog).toBeHidden()
}

/** The part of the dialog that is about one credential. */
export function credentialIn(dialog: Locator, name: string): Locator {
  return dialog
    .locator('.auth-container')
    .filter({ has: dialog.page().locator('h4 code', { hasText: name }) })
}

export interface Visit {
  page: Page
  /** Requests to any other host, and whatever the browser complained of. */
  complaints: string[]
}

/** A page whose every request and complaint is noted. */
export async function visit(browser: Browser, address: string): Promise<Visit> {
  const page = await (await browser.newContext()).newPage()
  const complaints: string[] = []
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (protocol !== 'data:' && host !== new URL(address).host) complaints.push(`asked ${request.url()}`)
  })
  noteComplaints(page, complaints)
  await page.goto(address)
  return { page, complaints }
}

/** What Chromium says of any page over http that is not on localhost; such a server does not start in strict mode. */
const overHttp =
  /^The Cross-Origin-Opener-Policy header has been ignored, because the URL's origin was untrustworthy/

/** Every error and warning of the console, also of a request that failed. */
export function noteComplaints(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    const isComplaint = ['error', 'warning'].includes(message.type()) && !overHttp.test(message.text())
    if (isComplaint) complaints.push(message.text())
  })
  page.on('requestfailed', (request) => complaints.push(`failed ${request.url()}`))
}
