import { sha256 } from '#lib/crypto/digest.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { errorPageContract } from './error-page.contract.ts'
import { errorPage, errorPageStyle } from './error-page.ts'

const style = `'sha256-${sha256(errorPageStyle).toString('base64')}'`
const policy = `default-src 'none'; style-src ${style}; base-uri 'none'; frame-ancestors 'none'`

export const errorPageEndpoint = endpoint(errorPageContract, async ({ runtime, parameter }) => ({
  body: await errorPage(parameter, runtime.config.appName),
  headers: { 'content-security-policy': policy, 'cache-control': 'public, max-age=300' },
}))
