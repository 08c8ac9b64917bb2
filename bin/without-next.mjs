import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

const away = [
  [join(root, 'node_modules', 'next'), join(root, 'node_modules', '.next-away')],
  [join(root, 'app'), join(root, '.app-away')],
]

/**
 * Does `work` while neither Next nor a page is on the disk, for what must not need them. Both are back afterwards
 * whatever happens; so is what an earlier, killed run left away.
 *
 * @template Result
 * @param {() => Result} work
 * @returns {Result}
 */
export function withoutNext(work) {
  const restore = () => {
    for (const [here, there] of away) if (existsSync(there)) renameSync(there, here)
  }
  restore()
  process.once('exit', restore)
  for (const [here, there] of away) if (existsSync(here)) renameSync(here, there)
  try {
    return work()
  } finally {
    restore()
    process.off('exit', restore)
  }
}
