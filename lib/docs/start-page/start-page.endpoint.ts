import type { Config } from '#lib/config/config.ts'
import { answerPage } from '#lib/docs/page.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { escapeHtml } from '#lib/http/html.ts'
import { type Snippets, snippetsFor } from './snippets.ts'
import { startPageContract } from './start-page.contract.ts'

export const startPageEndpoint = endpoint(startPageContract, async (call) => {
  const { config } = call.runtime
  const baseUrl = baseUrlOf(config, call.request.headers.get('host'))
  const snippets = await snippetsFor(baseUrl)
  return answerPage(call, {
    path: '/docs/start',
    title: 'Start',
    styles: [],
    scripts: ['start.js'],
    main: `<div class="prose">${head(config, baseUrl)}${transports}${code(snippets)}${refusals}${further(config)}</div>`,
  })
})

/** A trial answers to every name of the loopback: the one that was asked for is the one to paste. */
function baseUrlOf({ mode, appUrl }: Config, host: string | null): string {
  return mode === 'strict' || host === null ? appUrl : `${new URL(appUrl).protocol}//${host}`
}

function head(config: Config, baseUrl: string): string {
  return `<h1>Sign people in from React</h1>
<p>This server is at</p>
${block('Base URL', baseUrl)}
<h2>1. Let your front end in</h2>
${config.mode === 'strict' ? listedOrigins : anyLoopbackOrigin}`
}

const listedOrigins = `<p>A browser reads answers only where the server allows it. The origin of your front end has to be in the
setting <code>ALLOWED_ORIGINS</code> of this server, exactly, with scheme and port:</p>
${block('Setting of the server', 'ALLOWED_ORIGINS=https://app.example.com')}`

const anyLoopbackOrigin = `<p>Nothing to do: pages on this machine may call this server, whatever their port. Elsewhere the origin of
your front end has to be in the setting <code>ALLOWED_ORIGINS</code>, exactly, with scheme and port.</p>`

const transports = `<h2>2. Choose what carries the session</h2>
<div class="wide" tabindex="0" role="region" aria-label="What carries the session">
<table>
<thead><tr><td></td><th scope="col">Tokens</th><th scope="col">Cookie</th></tr></thead>
<tbody>
<tr><th scope="row">The front end is</th><td>on any origin that is let in</td><td>on the same site: <code>app.example.com</code> and
<code>auth.example.com</code>, or any port of <code>localhost</code></td></tr>
<tr><th scope="row">Scripts can read it</th><td>yes, so a script that does not belong there can too</td><td>no</td></tr>
<tr><th scope="row">To stay signed in</th><td>refresh when the access token runs out</td><td>nothing: each request does it</td></tr>
<tr><th scope="row">Your other services</th><td>verify the access token themselves</td><td>ask <code>GET /api/auth/me</code></td></tr>
</tbody>
</table>
</div>`

function code(snippets: Snippets): string {
  return `<h2>3. Paste</h2>
<p>In an app that is there, or a new one:</p>
${block('Terminal', 'npm create vite@latest my-app -- --template react')}
<h3>Tokens</h3>
${block('src/auth.js, with tokens', snippets['bearer.js'])}
<h3>Or the cookie</h3>
${block('src/auth.js, with the cookie', snippets['cookie.js'])}
<h3>And a component, for both</h3>
${block('src/App.jsx', snippets['app.jsx'])}`
}

const refusals = `<h2>4. When a request is refused</h2>
<p>Show <code>detail</code>, which is always a sentence for people. Decide by <code>code</code>:</p>
<dl>
<dt><code>token_expired</code></dt><dd>Refresh, then send the request again. The code above does.</dd>
<dt><code>session_ended</code></dt><dd>Signed out, here or elsewhere; <code>ended_reason</code> says why. Ask people to sign in.</dd>
<dt><code>invalid_request</code></dt><dd><code>errors</code> has the fields that need attention, each with a sentence.</dd>
<dt><code>rate_limited</code>, <code>overloaded</code>, <code>unavailable</code></dt><dd>Wait for the seconds in
<code>Retry-After</code>. The session is as it was: only a 401 ends one.</dd>
</dl>`

function further({ accessToken }: Config): string {
  const keys =
    accessToken.algorithm === 'ES256'
      ? '<li><a href="/.well-known/jwks.json">Key set</a>, with which other services verify access tokens</li>'
      : ''
  return `<h2>More</h2>
<ul>
<li><a href="/docs">Try it</a>: every operation, from this browser</li>
<li><a href="/redoc">Reference</a>: every field and every refusal</li>
<li><a href="/openapi.json">openapi.json</a>, to generate clients from</li>
${keys}
</ul>`
}

/** Something to copy; the button comes with the script that makes it work. */
function block(name: string, text: string): string {
  return `<figure class="code"><figcaption>${escapeHtml(name)}<button type="button" class="copy" hidden>Copy</button></figcaption>
<pre tabindex="0" role="region" aria-label="${escapeHtml(name)}"><code>${escapeHtml(text.trimEnd())}</code></pre></figure>`
}
