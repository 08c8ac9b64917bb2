import { readFile } from 'node:fs/promises'

/** The code of the page, as people paste it: files of their own, so that they are checked and run as they are. */
const names = ['bearer.js', 'cookie.js', 'app.jsx'] as const
export type Snippets = Record<(typeof names)[number], string>

/** The server that the files name. */
const namedServer = 'http://localhost:8000'

let read: Promise<Snippets> | null = null

/** @param appUrl  the server that the code is to call, an origin */
export async function snippetsFor(appUrl: string): Promise<Snippets> {
  read ??= readAll().catch((error) => {
    read = null
    throw error
  })
  const snippets = Object.entries(await read).map(([name, code]) => [
    name,
    code.replaceAll(namedServer, appUrl),
  ])
  return Object.fromEntries(snippets) as Snippets
}

async function readAll(): Promise<Snippets> {
  const codes = names.map(
    async (name) => [name, await readFile(`${process.cwd()}/lib/docs/snippets/${name}`, 'utf8')] as const,
  )
  return Object.fromEntries(await Promise.all(codes)) as Snippets
}
