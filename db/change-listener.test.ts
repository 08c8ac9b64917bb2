import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '#test/support/database.ts'
import { type Change, openChangeListener, parseChange } from './change-listener.ts'
import { isDatabaseUnavailable } from './errors.ts'

async function listening() {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const changes: Change[] = []
  const beats: number[] = []
  let lost = 0
  const beatChannel = `beat_${randomBytes(4).toString('hex')}`
  const listener = await openChangeListener({
    url: database.url,
    beatChannel,
    onChange: (change) => void changes.push(change),
    onBeat: (number) => void beats.push(number),
    onLost: () => {
      lost += 1
    },
  })
  onTestFinished(async () => {
    listener.close()
    await database.drop()
  })
  return { database, changes, beats, beatChannel, listener, lostCount: () => lost }
}

test('changes and own beats are heard in the order of their commits, and beats of others are not', async () => {
  const { database, changes, beats, beatChannel } = await listening()
  await database.sql(`SELECT pg_notify('session_changes', 'user:7')`)
  await database.sql(`SELECT pg_notify('beat_of_another', '1'), pg_notify('${beatChannel}', '3')`)
  await database.sql(`SELECT pg_notify('session_changes', 'table:roles')`)
  await expect
    .poll(() => changes)
    .toEqual([
      { kind: 'user', userId: 7 },
      { kind: 'table', table: 'roles' },
    ])
  expect(beats).toEqual([3])
})

test('the loss of the connection is told once, whoever ends it', async () => {
  const first = await listening()
  first.listener.close()
  first.listener.close()
  expect(first.lostCount()).toBe(1)

  const second = await listening()
  await second.database.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'session-management change feed'`,
  )
  await expect.poll(second.lostCount).toBe(1)
})

test('a server that lets in and says nothing is given up after a second, as one that is not there', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await new Promise((resolve) => silent.once('listening', resolve))
  const { port } = silent.address() as { port: number }
  const opening = openChangeListener({
    url: `postgresql://anna:secret@127.0.0.1:${port}/any`,
    beatChannel: 'beat',
    onChange: () => {},
    onBeat: () => {},
    onLost: () => {},
  })
  const error = await opening.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(isDatabaseUnavailable(error)).toBe(true)
})

describe('what is announced', () => {
  test.each<[string, Change]>([
    ['session:01a2-b', { kind: 'session', sessionId: '01a2-b' }],
    ['user:42', { kind: 'user', userId: 42 }],
    ['table:signing_keys', { kind: 'table', table: 'signing_keys' }],
    ['all', { kind: 'all' }],
    ['', { kind: 'all' }],
    ['user:', { kind: 'all' }],
    ['user:4x', { kind: 'all' }],
    ['something new', { kind: 'all' }],
  ])('"%s" means %o: what cannot be read means that anything may have changed', (payload, change) => {
    expect(parseChange(payload)).toEqual(change)
  })
})
