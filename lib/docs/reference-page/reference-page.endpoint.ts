import { answerPage, needsScripts } from '#lib/docs/page.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { referencePageContract } from './reference-page.contract.ts'

const nonceBytes = 16

const main = `<div id="operations">${needsScripts('The reference')}</div>
<p id="failure" class="note" role="alert" hidden>The document could not be loaded. <a href="/redoc">Try again</a></p>`

export const referencePageEndpoint = endpoint(referencePageContract, (call) =>
  answerPage(call, {
    path: '/redoc',
    title: 'Reference',
    styles: ['reference.css'],
    scripts: ['redoc.js', 'reference.js'],
    main,
    // Redoc writes its styles into the page.
    nonce: call.runtime.random.bytes(nonceBytes).toString('base64'),
  }),
)
