import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { sha256 } from '#lib/crypto/digest.ts'

/** How a file may travel; 'identity' is as it is. */
export type Coding = 'br' | 'gzip' | 'identity'

/** A file that a page for developers loads, read from the disk once. */
export interface DocsFile {
  mediaType: string
  /** Of its content, hex: a file that changes has another address. */
  hash: string
  /** False for what is compressed already. */
  isText: boolean
  /** Its bytes in a coding, compressed at the first question. */
  bytes(coding: Coding): Promise<Uint8Array<ArrayBuffer>>
}

interface Source {
  /** A file of a package, or one of ours from the root. */
  from: { module: string } | { path: string }
  /** What has to be different in a file of somebody else's, or is known only here. */
  change?: (text: string) => string | Promise<string>
}

const ours = (name: string): Source => ({ from: { path: `lib/docs/browser/${name}` } })

const sources = {
  'theme.js': ours('theme.js'),
  'try.js': ours('try.js'),
  'try.css': ours('try.css'),
  'reference.js': ours('reference.js'),
  'reference.css': ours('reference.css'),
  'start.js': ours('start.js'),
  'tokens.css': { from: { path: 'lib/theme/tokens.css' } },
  'docs.css': { ...ours('docs.css'), change: withFontAddress },
  'inter.woff2': { from: { module: '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2' } },
  'swagger-ui.js': { from: { module: 'swagger-ui-dist/swagger-ui-bundle.js' } },
  'swagger-ui.css': { from: { module: 'swagger-ui-dist/swagger-ui.css' } },
  'redoc.js': { from: { module: 'redoc/bundles/redoc.standalone.js' }, change: forOurPolicy },
} satisfies Record<string, Source>

export type DocsFileName = keyof typeof sources

const folder = '/docs/assets/'
const hashLength = 16
const given = new RegExp(`^([a-z-]+)\\.([0-9a-f]{${hashLength}})\\.([a-z0-9]+)$`)

const mediaTypes: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  woff2: 'font/woff2',
}

const loaded = new Map<DocsFileName, Promise<DocsFile>>()

/** Where a page finds a file. It changes with the content, so that browsers may keep what they have for ever. */
export async function addressOf(name: DocsFileName): Promise<string> {
  const { hash } = await load(name)
  return `${folder}${name.replace('.', `.${hash}.`)}`
}

/** The file of an address, by the last segment; null when there is none, or none of this content. */
export async function findDocsFile(segment: string): Promise<DocsFile | null> {
  const [, stem, hash, extension] = given.exec(segment) ?? []
  const name = `${stem}.${extension}`
  if (!isDocsFileName(name)) return null
  const file = await load(name)
  return file.hash === hash ? file : null
}

function isDocsFileName(name: string): name is DocsFileName {
  return Object.hasOwn(sources, name)
}

/** Also for callers that come while it is read; one that failed is read again. */
function load(name: DocsFileName): Promise<DocsFile> {
  const known = loaded.get(name)
  if (known) return known
  const loading = read(name)
  loaded.set(name, loading)
  loading.catch(() => loaded.delete(name))
  return loading
}

async function read(name: DocsFileName): Promise<DocsFile> {
  const { from, change }: Source = sources[name]
  const raw = await readFile('module' in from ? fileOf(from.module) : `${process.cwd()}/${from.path}`)
  const content = new Uint8Array(change ? Buffer.from(await change(raw.toString('utf8'))) : raw)
  const mediaType = mediaTypes[name.replace(/^.*\./, '')] ?? ''
  const codings = new Map<Coding, Promise<Uint8Array<ArrayBuffer>>>()
  return {
    mediaType,
    hash: sha256(content).toString('hex').slice(0, hashLength),
    isText: mediaType.startsWith('text/'),
    bytes(coding) {
      const known = codings.get(coding) ?? encode(content, coding)
      codings.set(coding, known)
      return known
    },
  }
}

function fileOf(module: string): string {
  return createRequire(`${process.cwd()}/package.json`).resolve(module)
}

/** The next quality takes five times as long, for seven per cent. */
const brotliQuality = 9
const gzipLevel = 9

async function encode(content: Uint8Array<ArrayBuffer>, coding: Coding): Promise<Uint8Array<ArrayBuffer>> {
  if (coding === 'identity') return content
  if (coding === 'gzip') return new Uint8Array(await promisify(gzip)(content, { level: gzipLevel }))
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  }
  return new Uint8Array(await promisify(brotliCompress)(content, { params }))
}

async function withFontAddress(css: string): Promise<string> {
  return replaceOnce(css, 'inter.woff2', await addressOf('inter.woff2'))
}

const foreignImage = 'https://cdn.redoc.ly/redoc/logo-mini.svg'
const emptyImage = 'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E'

/**
 * Redoc fetches the mark of its makers from their host; the link to them stays. And it writes styles before it has been
 * told the nonce.
 */
function forOurPolicy(script: string): string {
  const own = replaceOnce(script, foreignImage, emptyImage)
  return replaceOnce(own, 'r.nc=void 0;', 'r.nc=document.querySelector("[nonce]")?.nonce;')
}

function replaceOnce(text: string, from: string, to: string): string {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`${from} stands there ${parts.length - 1} times`)
  return parts.join(to)
}
