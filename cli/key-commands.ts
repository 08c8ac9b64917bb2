import type { Runtime } from '#lib/runtime/runtime.ts'
import {
  type KeyOutcome,
  type ListedSigningKey,
  listKeys,
  removeSigningKey,
  retireSigningKey,
  rotateSigningKey,
} from '#lib/session/signing-keys.ts'
import type { Command, Result } from './command.ts'
import { instant, table } from './output.ts'

const list: Command = {
  name: 'keys list',
  summary: 'List the keys that sign and verify access tokens',
  operands: [],
  options: {},
  async run(call) {
    const keys = await listKeys(await call.open())
    const rows = keys.map(({ kid, state, activatesAt, retiresAt }) => [
      kid,
      state,
      instant(activatesAt),
      instant(retiresAt),
    ])
    return {
      json: { keys: keys.map(keyJson) },
      lines:
        rows.length === 0
          ? ['No key yet: the first server that starts makes it.']
          : table(['kid', 'state', 'signs from', 'verifies until'], rows),
    }
  },
}

const rotate: Command = {
  name: 'keys rotate',
  summary: 'Publish a new key, which takes over once every service can know it',
  operands: [],
  options: {},
  notes: [
    'Nobody is refused: the key in use verifies until its last token has ended. See also SIGNING_KEY_DAYS.',
  ],
  async run(call) {
    const runtime = await call.open()
    return report(runtime, await rotateSigningKey(runtime))
  },
}

const retire: Command = {
  name: 'keys retire',
  summary: 'Take one key out of use without refusing anybody',
  operands: ['kid'],
  options: {},
  notes: ['The key that signs is rotated. A key that waits has signed nothing, and is deleted.'],
  async run(call) {
    const runtime = await call.open()
    return report(runtime, await retireSigningKey(runtime, call.operands[0] ?? ''))
  },
}

const remove: Command = {
  name: 'keys remove',
  summary: 'Emergency: delete one key at once, and refuse its tokens everywhere',
  operands: ['kid'],
  options: {},
  notes: [
    'For a key that others may have. Clients refresh and go on; nobody has to sign in again. A service that verifies offline follows when it reads the key set again, after five minutes as a rule.',
  ],
  async run(call) {
    const runtime = await call.open()
    return report(runtime, await removeSigningKey(runtime, call.operands[0] ?? ''))
  },
}

async function report(runtime: Runtime, outcome: KeyOutcome): Promise<Result> {
  const keys = await listKeys(runtime)
  return { json: { outcome: outcome.kind, keys: keys.map(keyJson) }, lines: sentences(outcome, keys) }
}

function sentences(outcome: KeyOutcome, keys: readonly ListedSigningKey[]): string[] {
  if (outcome.kind === 'removed')
    return [`Removed. ${outcome.signs.kid} signs now; tokens of the removed key are refused.`]
  if (outcome.kind === 'retired')
    return [`It does not sign any more, and verifies until ${instant(outcome.until)}. Nothing was changed.`]
  const { next } = outcome
  const signing = keys.find(({ state }) => state === 'signing')
  return [
    outcome.kind === 'rotated'
      ? `Published ${next.kid}.`
      : `${next.kid} was published before. Nothing was changed.`,
    `It signs from ${instant(next.activatesAt)} on; ${signing?.kid} verifies until ${instant(signing?.retiresAt ?? null)}.`,
  ]
}

function keyJson({ kid, state, createdAt, activatesAt, retiresAt }: ListedSigningKey) {
  return {
    kid,
    state,
    created_at: createdAt.toISOString(),
    activates_at: activatesAt.toISOString(),
    retires_at: retiresAt?.toISOString() ?? null,
  }
}

export const keyCommands: readonly Command[] = [list, rotate, retire, remove]
