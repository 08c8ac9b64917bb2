import { adoptMail } from '#db/queries/mail-adoption.ts'
import { type ClaimedMail, claimMail, deferMail, settleMail } from '#db/queries/mail-outbox.ts'
import { type MailQueue, measureMailQueue, purgeMail, requeueMail } from '#db/queries/mail-queue.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type FailureKind, judgeFailure, retryDelaySeconds } from './delivery-failure-policy.ts'
import { isMailTemplate, templateLinks } from './mail-templates.ts'
import { createSmtpMailer, describeFailure, type Mailer, readFailure } from './smtp-mailer.ts'
import { loadTemplates, writeMail } from './write-mail.ts'

/** Sends the messages of the outbox. Does nothing with MAIL=off; captured messages are rendered and kept. */
export interface MailDelivery {
  /** Makes one attempt at a message, if it is due and nobody else has it. @throws what the database throws */
  deliver(messageId: string): Promise<void>
  /** Finds messages whose job was lost. */
  sweep(): Promise<void>
  /** Looks how long the queue is, for the metrics and the log. */
  measure(): Promise<void>
  /** Removes what is old. */
  purge(): Promise<void>
  close(): void
}

/** Longer than an attempt may take. When it runs out, its process is taken for dead. */
export const leaseSeconds = 120
const giveUpSeconds = 24 * 3600
const overdueSeconds = 20
const sweepCountMax = 1000
/** While a version is being installed, its templates are there in a moment. */
const templatesDelaySeconds = 60
const day = 86_400
const keep = { messageSeconds: 90 * day, linkSeconds: 30 * day, countMax: 10_000 }

type Parts = Pick<Runtime, 'config' | 'database' | 'roots' | 'clock' | 'random' | 'log' | 'metrics'>

export function createMailDelivery(parts: Parts): MailDelivery {
  const { config, database } = parts
  const mailer = config.mail.kind === 'smtp' ? createSmtpMailer(config.mail) : null
  const watch = watchQueue(parts)
  return {
    async deliver(messageId) {
      if (config.mail.kind === 'off') return
      if ((await adoptMail(database, messageId)) === 'nobody') return conclude(parts, 'withdrawn')
      const claimed = await claimMail(database, { id: messageId, leaseSeconds })
      if (claimed) await attempt(parts, mailer, claimed)
    },
    async sweep() {
      const requeued = await requeueMail(database, { overdueSeconds, countMax: sweepCountMax })
      if (requeued > 0)
        parts.log.warn({ event: 'mail_requeued', messages: requeued }, 'messages without a job were found')
    },
    measure: watch,
    purge: () => purgeMail(database, keep),
    close: () => mailer?.close(),
  }
}

async function attempt(parts: Parts, mailer: Mailer | null, mail: ClaimedMail): Promise<void> {
  const { database, log } = parts
  const fields = { message_id: mail.id, template: mail.template, attempt: mail.attempts }
  if (!isMailTemplate(mail.template)) {
    return putOff(parts, mail, templatesDelaySeconds, `unknown template ${mail.template}`)
  }
  const carriesLink = templateLinks[mail.template] !== null
  if (carriesLink && mail.linkPurpose === null) {
    await settleMail(database, { ...mail, state: 'withdrawn', error: null })
    return conclude(parts, 'withdrawn')
  }
  try {
    await loadTemplates()
  } catch (error) {
    log.error({ event: 'mail_templates_not_loaded', ...fields, error }, 'no message can be rendered')
    return putOff(parts, mail, templatesDelaySeconds, 'the templates could not be loaded')
  }
  let letter: Awaited<ReturnType<typeof writeMail>>
  try {
    const linkPurpose = carriesLink ? mail.linkPurpose : null
    letter = await writeMail(parts, { ...mail, template: mail.template, linkPurpose })
  } catch (error) {
    await settleMail(database, { ...mail, state: 'failed', error: 'the template failed' })
    log.error({ event: 'mail_template_failed', ...fields, error }, 'a message could not be rendered')
    return conclude(parts, 'failed')
  }
  try {
    await mailer?.send({ ...letter, id: mail.id, to: mail.recipient, date: mail.createdAt })
  } catch (error) {
    return failed(parts, mail, error)
  }
  await settleMail(database, { ...mail, state: 'sent', error: null })
  log.info({ event: mailer ? 'mail_sent' : 'mail_captured', ...fields }, 'message handed over')
  conclude(parts, 'sent')
}

async function failed(parts: Parts, mail: ClaimedMail, error: unknown): Promise<void> {
  const failure = readFailure(error)
  const kind: FailureKind = failure ? judgeFailure(failure) : 'server'
  const description = describeFailure(error)
  const fields = { message_id: mail.id, template: mail.template, attempt: mail.attempts, answer: description }
  if (kind === 'never') {
    await settleMail(parts.database, { ...mail, state: 'failed', error: description })
    parts.log.warn({ event: 'mail_refused', ...fields }, 'the server refused a message for good')
    return conclude(parts, 'failed')
  }
  if (kind === 'setup')
    parts.log.error({ event: 'mail_setup_failed', code: failure?.code, ...fields }, setupAdvice)
  const dice = parts.random.bytes(1).readUInt8() / 255
  await putOff(parts, mail, retryDelaySeconds(kind, mail.attempts, dice), description)
}

const setupAdvice =
  'the SMTP server takes no mail from us: look at its user, password and certificate, and at MAIL_FROM'

async function putOff(parts: Parts, mail: ClaimedMail, delaySeconds: number, error: string): Promise<void> {
  const state = await deferMail(parts.database, { ...mail, delaySeconds, giveUpSeconds, error })
  const fields = { message_id: mail.id, template: mail.template, attempt: mail.attempts, answer: error }
  if (state === 'failed')
    parts.log.error({ event: 'mail_given_up', ...fields }, 'a message was not taken for a day')
  else parts.log.warn({ event: 'mail_deferred', ...fields, seconds: delaySeconds }, 'will be tried again')
  conclude(parts, state === 'failed' ? 'failed' : 'deferred')
}

function conclude({ metrics }: Parts, outcome: 'sent' | 'deferred' | 'failed' | 'withdrawn'): void {
  metrics.count('mail_delivery', outcome)
}

/** Beyond either, mail does not flow as it should. */
const [growingCount, growingSeconds] = [1000, 300]
const toldAgainMs = 600_000

function watchQueue({ database, metrics, log, clock }: Parts): () => Promise<void> {
  let queue: MailQueue = { waiting: 0, oldestSeconds: 0, senderRefused: 0, senderAnswer: null }
  let toldMs: number | null = null
  metrics.gauge('mail_queue_messages', 'Messages in the outbox that wait to be sent', () => queue.waiting)
  metrics.gauge('mail_queue_oldest_seconds', 'Age of the oldest of them', () => queue.oldestSeconds)
  metrics.gauge(
    'mail_queue_sender_refused',
    'Messages that wait because the SMTP server refuses MAIL_FROM',
    () => queue.senderRefused,
  )
  return async () => {
    queue = await measureMailQueue(database)
    const isGrowing = queue.waiting > growingCount || queue.oldestSeconds > growingSeconds
    const fields = { waiting: queue.waiting, oldest_seconds: Math.round(queue.oldestSeconds) }
    const nowMs = clock.monotonicMs()
    if (isGrowing && (toldMs === null || nowMs - toldMs >= toldAgainMs)) {
      log.warn(
        { event: 'mail_queue_growing', ...fields },
        'mail is not being delivered as fast as it is written',
      )
      toldMs = nowMs
    } else if (!isGrowing && toldMs !== null) {
      log.info({ event: 'mail_queue_recovered', ...fields }, 'mail is being delivered again')
      toldMs = null
    }
  }
}
