import type { Config } from '#lib/config/config.ts'
import { type Problem, problems } from '#lib/problems.ts'
import { barePage } from './bare-page.ts'
import { escapeHtml } from './html.ts'
import type { Reply } from './reply.ts'

/**
 * A refusal as a page, for people who meet one where no page of ours can be drawn: a foreign host name, a trial that
 * is called from elsewhere, a method that a page does not take, a database that is down. Needs nothing but itself.
 *
 * @param asked  `isNavigation` is false for the answer to a form: asking for its address again would be another request.
 *               Without pages there is no start to lead to.
 */
export function problemPage(
  config: Config,
  problem: Problem,
  requestId: string,
  { isNavigation, hasPages }: { isNavigation: boolean; hasPages: boolean },
): Reply & { body: string } {
  const { status, title, detail } = problems[problem.code]
  const text = problem.options.detail ?? detail
  const wait = problem.options.retryAfterSeconds
  const start = hasPages ? '<a href="/">To the start</a>' : ''
  const again = isNavigation && status >= 500 ? '<a class="again" href="">Try again</a>' : ''
  const { headers, body } = barePage(config, {
    title,
    main: `<p>${escapeHtml(text)}</p>
${again || start ? `<p>${again}${start}</p>\n` : ''}<small>${status} ${problem.code} · ${escapeHtml(requestId)}</small>`,
  })
  return {
    status,
    cookies: [],
    body,
    headers: { ...headers, ...(wait !== undefined && { 'retry-after': String(wait) }) },
  }
}
