/** What each way of serving is started with, and which layer answers in it; every answer says so. */
export const ways = {
  headless: { entry: ['dist/headless.mjs'], layer: 'node' },
  pages: { entry: ['dist/pages.mjs'], layer: 'node' },
  next: { entry: ['node_modules/next/dist/bin/next', 'start'], layer: 'next' },
  // The server with pages again, in development mode: its messages are captured.
  mail: { entry: ['dist/pages.mjs'], layer: 'node' },
}

export function wayOf(name: string): (typeof ways)[keyof typeof ways] {
  const way = ways[name as keyof typeof ways]
  if (!way) throw new Error(`nothing is served in the way ${name}`)
  return way
}
