import { answerPage, needsScripts } from '#lib/docs/page.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { tryPageContract } from './try-page.contract.ts'

const main = `<div class="intro">
<h1>Try the API</h1>
<p>Each request goes to this server and does what it says.</p>
<ul>
<li><strong>With tokens:</strong> run <code>POST /api/auth/login</code> and put <code>access_token</code> of the answer
into <em>Authorize</em>, under <code>bearer</code>.</li>
<li><strong>With the cookie:</strong> run it with <code>"transport": "cookie"</code>. From then on the browser sends the
cookie by itself. A token goes before it: to leave the token out, choose <code>cookie</code> in <em>Authorize</em>.</li>
</ul>
</div>
<div id="operations">${needsScripts('Trying the API')}</div>
<p id="failure" class="note" role="alert" hidden>The document could not be loaded. <a href="/docs">Try again</a></p>`

export const tryPageEndpoint = endpoint(tryPageContract, (call) =>
  answerPage(call, {
    path: '/docs',
    title: 'Try the API',
    styles: ['swagger-ui.css', 'try.css'],
    scripts: ['swagger-ui.js', 'try.js'],
    main,
  }),
)
