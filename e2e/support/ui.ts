import { createRequire } from 'node:module'
import { test as base, expect as baseExpect, type Page } from '@playwright/test'
import { type ApiClient, type Credentials, createApiClient, newAccount } from '#test/support/api-client.ts'
import { httpTransport, rawTransport } from '#test/support/process-server.ts'
import { readEnvironment } from './environment.ts'

export interface UiFixtures {
  /** The server with pages. */
  url: string
  /** The address that the proxy in front would name, one for each test: no limit is shared. */
  address: string
  api: ApiClient
  /** The same client for pages: no contract describes them. */
  raw: ApiClient
  /** An account that exists. */
  account: Credentials
  hasScripts: boolean
}

export const test = base.extend<UiFixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are asked for from this pattern
  url: async ({}, use, info) => use(readEnvironment().servers[String(info.project.metadata['server'])] ?? ''),
  // biome-ignore lint/correctness/noEmptyPattern: see above
  address: async ({}, use, info) => {
    const number = [...`${info.testId}${info.project.name}`].reduce(
      (sum, one) => (sum * 31 + one.charCodeAt(0)) >>> 0,
      7,
    )
    await use(`10.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`)
  },
  baseURL: async ({ url }, use) => use(url),
  extraHTTPHeaders: async ({ address }, use) => use({ 'x-forwarded-for': address }),
  api: async ({ url, address }, use) => use(createApiClient(url, httpTransport(url, address))),
  raw: async ({ url, address }, use) => use(createApiClient(url, rawTransport(url, address))),
  account: async ({ api }, use) => use((await api.register(newAccount())).account),
  hasScripts: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),
  page: async ({ page, url }, use) => {
    const seen = watch(page, url)
    await use(page)
    // Of the whole visit: nothing foreign was asked for, nothing was blocked, nothing failed.
    expect(seen.foreign, 'requests to other hosts').toEqual([])
    expect(seen.complaints, 'complaints of the browser').toEqual([])
  },
})

export const expect = baseExpect

/** The browser logs refused, cut and offline requests; many of these specs are about those. */
const expectedComplaint =
  /^Failed to load resource: (the server responded with a status of [45]|net::ERR_(FAILED|INTERNET_DISCONNECTED))/

function watch(page: Page, url: string) {
  const seen = { foreign: [] as string[], complaints: [] as string[] }
  // People go to a provider because they asked to.
  const known = [url, ...Object.values(readEnvironment().providers)].map((one) => new URL(one).host)
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (protocol !== 'data:' && !known.includes(host)) seen.foreign.push(request.url())
  })
  page.on('pageerror', (error) => seen.complaints.push(error.message))
  page.on('console', (message) => {
    const isRefusal = expectedComplaint.test(message.text())
    if (message.type() === 'error' && !isRefusal) seen.complaints.push(message.text())
  })
  return seen
}

/** Fills in the sign-in page and sends it. */
export async function signInOn(
  page: Page,
  { email, password }: Pick<Credentials, 'email' | 'password'>,
): Promise<void> {
  await page.getByLabel('Email or user name').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const axeTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

interface AxeViolation {
  id: string
  nodes: { target: string[] }[]
}

/**
 * Requires that axe-core finds nothing on the page as it is now.
 *
 * @param parts  selectors of what is looked at, where the rest is somebody else's; default: all of it
 */
export async function expectAccessible(page: Page, parts: readonly string[] = ['html']): Promise<void> {
  // As the browser's own extension would: past the policy of the page.
  await page.evaluate(await (await import('node:fs/promises')).readFile(axePath, 'utf8'))
  const violations = await page.evaluate(
    async ({ tags, include }) => {
      const { axe } = window as unknown as {
        axe: { run(context: object, options: object): Promise<{ violations: AxeViolation[] }> }
      }
      return (await axe.run({ include }, { runOnly: { type: 'tag', values: tags } })).violations
    },
    { tags: axeTags, include: parts.map((selector) => [selector]) },
  )
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
  ).toEqual([])
}
