import { countFailedMail, measureMailQueue } from '#db/queries/mail-queue.ts'
import type { SmtpConfig } from '#lib/config/config.ts'
import { createSmtpMailer, describeFailure, readFailure } from '#lib/mail/smtp-mailer.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type Finding, failed, messageOf, ok, warning } from './finding.ts'

const check = 'mail'

/** Does the SMTP server take us: greeting, TLS, user and password? Nothing is sent. */
export async function checkMail({ config }: Runtime): Promise<Finding> {
  const { mail } = config
  if (mail.kind === 'off') return ok(check, 'MAIL=off: no mail is sent')
  if (mail.kind === 'captured') return ok(check, `In ${config.mode} mode no mail leaves this machine`)
  const server = `${mail.server}:${mail.port}`
  const mailer = createSmtpMailer(mail)
  try {
    await mailer.verify()
    return ok(check, `${server} takes us${mail.tls === 'none' ? ', in the clear' : ' over TLS'}`)
  } catch (error) {
    return failed(check, `${server}: ${explain(error)}`, adviceFor(error, mail))
  } finally {
    mailer.close()
  }
}

function explain(error: unknown): string {
  const description = describeFailure(error)
  return description.includes('undefined') ? messageOf(error) : description.replace(/[.\s]+$/, '')
}

function adviceFor(error: unknown, { tls }: SmtpConfig): string {
  const failure = readFailure(error)
  if (failure?.code === 'EAUTH')
    return 'Compare MAIL_USERNAME and MAIL_PASSWORD (or SMTP_URL) with your provider.'
  if (failure?.code === 'ETLS' || /certificate|TLS|SSL/i.test(messageOf(error)))
    return tls === 'none'
      ? 'The server wants TLS: leave MAIL_TLS out.'
      : 'The server must offer STARTTLS with a certificate that this machine trusts (NODE_EXTRA_CA_CERTS for your own). MAIL_TLS=off only for a server on the same machine or network.'
  return 'Compare MAIL_SERVER and MAIL_PORT (587 or 465) with your provider, and look at the firewall.'
}

const [waitingSeconds, failedSeconds] = [300, 86_400]

/** Does mail flow? */
export async function checkMailQueue({ config, database }: Runtime): Promise<Finding> {
  const name = 'mail queue'
  if (config.mail.kind === 'off') return ok(name, 'MAIL=off: nothing is written')
  const { waiting, oldestSeconds, senderRefused, senderAnswer } = await measureMailQueue(database)
  if (senderRefused > 0) {
    const fix = `Set MAIL_FROM to an address that your provider lets us send from. It said: ${senderAnswer}`
    return failed(name, `The SMTP server refuses our sender; ${senderRefused} messages wait`, fix)
  }
  const failures = await countFailedMail(database, failedSeconds)
  if (oldestSeconds > waitingSeconds) {
    const fix =
      config.jobs === 'worker'
        ? 'Look whether npm run worker runs, and at its log.'
        : 'Look at the log of the server for mail_deferred.'
    return warning(
      name,
      `${waiting} messages wait, the oldest for ${Math.round(oldestSeconds / 60)} minutes`,
      fix,
    )
  }
  if (failures.count > 0) {
    const fix = `The last one: ${failures.lastError ?? 'unknown'}`
    return warning(name, `${failures.count} messages failed for good in the last day`, fix)
  }
  return ok(name, waiting === 0 ? 'No message waits' : `${waiting} messages wait`)
}
