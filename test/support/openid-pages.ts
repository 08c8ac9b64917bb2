import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InteractionResults, Provider } from 'oidc-provider'
import { escapeHtml, htmlPage, readForm } from './loopback-server.ts'
import type { ProviderUser } from './openid-control.ts'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

const texts = {
  login: 'Sign in at the provider',
  consent: 'Allow access at the provider',
  refused: 'The provider does not know this subject with this password.',
}

/** The provider asks, and takes what was answered: one path, GET shows the page, POST sends its form. */
export async function answerInteraction(
  provider: Provider,
  users: ReadonlyMap<string, ProviderUser>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const interaction = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') return show(response, pageOf(interaction))
  const form = await readForm(request)
  const result = await decide(provider, users, interaction, form)
  if (!result) return show(response, pageOf(interaction, texts.refused))
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
}

async function decide(
  provider: Provider,
  users: ReadonlyMap<string, ProviderUser>,
  interaction: Interaction,
  form: Record<string, string>,
): Promise<InteractionResults | null> {
  if (form['answer'] === 'cancel')
    return { error: 'access_denied', error_description: 'The person said no at the provider.' }
  if (interaction.prompt.name === 'consent')
    return { consent: { grantId: await grantWhatIsMissing(provider, interaction) } }
  const user = users.get(form['subject'] ?? '')
  return user && user.password === form['password'] ? { login: { accountId: user.subject } } : null
}

async function grantWhatIsMissing(provider: Provider, interaction: Interaction): Promise<string> {
  const { grantId, session, params, prompt } = interaction
  const accountId = session?.accountId ?? ''
  const found = grantId ? await provider.Grant.find(grantId) : undefined
  const grant = found ?? new provider.Grant({ accountId, clientId: String(params['client_id']) })
  const missing = prompt.details as { missingOIDCScope?: string[]; missingOIDCClaims?: string[] }
  if (missing.missingOIDCScope) grant.addOIDCScope(missing.missingOIDCScope.join(' '))
  if (missing.missingOIDCClaims) grant.addOIDCClaims(missing.missingOIDCClaims)
  return grant.save()
}

function pageOf({ prompt, params }: Interaction, complaint = ''): string {
  const cancel = '<button name="answer" value="cancel" formnovalidate>Cancel</button>'
  if (prompt.name === 'consent') {
    const wanted = `${params['client_id']} wants to know: ${params['scope']}.`
    const allow = '<button name="answer" value="allow">Allow</button>'
    return htmlPage(
      texts.consent,
      `<p>${escapeHtml(wanted)}</p><form method="post">${allow} ${cancel}</form>`,
    )
  }
  return htmlPage(
    texts.login,
    `${complaint && `<p role="alert">${complaint}</p>`}<form method="post">
<label for="subject">Subject</label><input id="subject" name="subject" autocomplete="off" required>
<label for="secret">Password at the provider</label><input id="secret" name="password" type="password" required>
<button name="answer" value="sign-in">Continue</button> ${cancel}</form>`,
  )
}

function show(response: ServerResponse, page: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  response.end(page)
}
