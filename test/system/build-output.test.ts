import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { serverActionsOf } from '#test/support/server-actions.ts'

test('the build has no Server Action, on no page and in no route', () => {
  const { manifests, actions } = serverActionsOf('.next')
  const routes: Record<string, string> = JSON.parse(
    readFileSync('.next/app-path-routes-manifest.json', 'utf8'),
  )

  expect(actions).toEqual([])
  // It was looked for everywhere: pages and route handlers have a manifest each, and there is one of the whole.
  expect(manifests).toBeGreaterThan(Object.keys(routes).length / 2)
})

test('every page is drawn for its request: none has a policy of the time it was built', () => {
  const { routes }: { routes: Record<string, unknown> } = JSON.parse(
    readFileSync('.next/prerender-manifest.json', 'utf8'),
  )

  expect(Object.keys(routes).filter((path) => !['/_global-error', '/icon.svg'].includes(path))).toEqual([])
})
