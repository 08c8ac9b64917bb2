import type { Import, SourceFile } from './source-tree.ts'

/** One rule of the house: what breaks it, and an example that must be found to break it. */
export interface ArchitectureRule {
  name: string
  /** Complaints about one file; empty when it keeps the rule. */
  check(file: SourceFile, tree: ReadonlyMap<string, SourceFile>): string[]
  /** A file that breaks the rule. */
  planted: { path: string; text: string }
}

type Door = { packages: RegExp; name: string; doors: RegExp; planted: string }

const configFiles = /^[\w.]+\.config\.ts$/
const testCode = /(^test\/|^e2e\/|\.test\.tsx?$|^bench\/)/

/** Each package may be imported in one place only. */
const doors: Door[] = [
  { name: 'drizzle-orm, pg', packages: /^(drizzle-orm|drizzle-kit|pg)(\/|$)/, doors: /^db\//, planted: 'pg' },
  {
    name: 'jose, argon2, bcryptjs, node:crypto',
    packages: /^(jose|argon2|bcryptjs|node:crypto)$/,
    doors: /^lib\/crypto\//,
    planted: 'node:crypto',
  },
  {
    name: 'next-auth, @auth',
    packages: /^(next-auth(?!\/react$)|@auth\/)/,
    doors: /^lib\/auth\/social\/auth-js\//,
    planted: 'next-auth',
  },
  {
    name: 'next-auth/react',
    packages: /^next-auth\/react$/,
    doors: /^components\//,
    planted: 'next-auth/react',
  },
  {
    name: 'zod',
    packages: /^zod(\/|$)/,
    doors: /(\.contract\.ts$|^lib\/(http|config|openapi)\/)/,
    planted: 'zod',
  },
  { name: 'pino', packages: /^pino/, doors: /^lib\/runtime\/log\.ts$/, planted: 'pino' },
  {
    name: 'prom-client',
    packages: /^prom-client$/,
    doors: /^lib\/runtime\/metrics\.ts$/,
    planted: 'prom-client',
  },
  {
    name: 'rate-limiter-flexible, ioredis',
    packages: /^(rate-limiter-flexible|ioredis)$/,
    doors: /^lib\/limits\//,
    planted: 'ioredis',
  },
  {
    name: 'next-swagger-doc',
    packages: /^next-swagger-doc$/,
    doors: /^lib\/openapi\//,
    planted: 'next-swagger-doc',
  },
  { name: 'lru-cache', packages: /^lru-cache$/, doors: /^lib\/(limits|session)\//, planted: 'lru-cache' },
  {
    name: 'graphile-worker',
    packages: /^graphile-worker$/,
    doors: /^lib\/jobs\//,
    planted: 'graphile-worker',
  },
  {
    name: 'nodemailer',
    packages: /^nodemailer$/,
    doors: /^lib\/mail\/smtp-mailer\.ts$/,
    planted: 'nodemailer',
  },
  {
    name: 'react-email',
    packages: /^react-email$/,
    doors: /^(emails\/|lib\/mail\/render\.tsx$)/,
    planted: 'react-email',
  },
  {
    name: 'smtp-server, mailparser',
    packages: /^(smtp-server|mailparser)$/,
    doors: /^test\//,
    planted: 'smtp-server',
  },
  {
    name: 'oidc-provider',
    packages: /^oidc-provider(\/|$)/,
    doors: /^test\/support\//,
    planted: 'oidc-provider',
  },
  {
    name: 'swagger-ui-dist, redoc',
    packages: /^(swagger-ui-dist|redoc)(\/|$)/,
    doors: /^lib\/docs\//,
    planted: 'redoc',
  },
  { name: 'bowser', packages: /^bowser$/, doors: /^lib\/session\//, planted: 'bowser' },
  {
    name: 'next, react',
    packages: /^(next|react|react-dom|@next\/env)(\/|$)/,
    doors: /^(app|components|emails|server)\/|^(instrumentation|proxy)\.ts$/,
    planted: 'next/headers',
  },
]

function doorRule(door: Door): ArchitectureRule {
  return {
    name: `door: ${door.name}`,
    check: ({ path, imports }) =>
      testCode.test(path) || configFiles.test(path) || door.doors.test(path)
        ? []
        : imports.filter(({ target }) => door.packages.test(target)).map(({ target }) => `imports ${target}`),
    planted: { path: 'lib/problems-planted.ts', text: `import '${door.planted}'\n` },
  }
}

type Layer = { name: string; files: RegExp; mayImport: RegExp; planted: { path: string; imports: string } }

const concepts = 'lib/(session|password|limits|links|idempotency|mail|audit|jobs)/'
/** What every layer of lib may see: plain values, types and rules without a home of their own. */
const ground = 'lib/(problems\\.ts|encoding/|config/(config|loopback|values)\\.ts|runtime/)'

/** Imports go down. A layer that is not listed may import anything of ours (server, cli, app, tests). */
const layers: Layer[] = [
  {
    name: 'db knows nobody',
    files: /^db\//,
    mayImport: /^db\//,
    planted: { path: 'db/planted.ts', imports: '#lib/problems.ts' },
  },
  {
    name: 'encoding knows nobody',
    files: /^lib\/encoding\//,
    mayImport: /^lib\/encoding\//,
    planted: { path: 'lib/encoding/planted.ts', imports: '#lib/problems.ts' },
  },
  {
    name: 'crypto knows encoding only',
    files: /^lib\/crypto\//,
    mayImport: /^lib\/(crypto|encoding)\//,
    planted: { path: 'lib/crypto/planted.ts', imports: '#lib/config/config.ts' },
  },
  {
    name: 'config knows crypto and encoding only',
    files: /^lib\/config\//,
    mayImport: /^lib\/(config|crypto|encoding)\//,
    planted: { path: 'lib/config/planted.ts', imports: '#lib/runtime/log.ts' },
  },
  {
    name: 'concepts do not know http or behaviours',
    files: new RegExp(`^${concepts}(?!render\\.tsx$)`),
    mayImport: new RegExp(
      `^(${concepts}|${ground}|lib/crypto/|db/(change-listener|connection|errors|queries/))`,
    ),
    planted: { path: 'lib/session/planted.ts', imports: '#lib/http/reply.ts' },
  },
  {
    name: 'emails know what they are told',
    files: /^emails\//,
    mayImport: /^(emails\/|lib\/mail\/mail-templates\.ts$)/,
    planted: { path: 'emails/planted.tsx', imports: '#lib/mail/queue-mail.ts' },
  },
  {
    name: 'templates are rendered in one place',
    files: /^lib\/mail\/render\.tsx$/,
    mayImport: /^(emails|lib\/mail)\//,
    planted: { path: 'lib/mail/render.tsx', imports: '#lib/runtime/runtime.ts' },
  },
  {
    name: 'accounts know no behaviour and no http',
    files: /^lib\/accounts\//,
    mayImport: new RegExp(
      `^(lib/accounts/|lib/auth/[^/]+$|${concepts}|${ground}|lib/crypto/|db/(connection|errors|queries/))`,
    ),
    planted: { path: 'lib/accounts/planted.ts', imports: '#lib/auth/login/login.ts' },
  },
  {
    name: 'commands leave the database to use cases',
    files: /^cli\//,
    mayImport: /^(cli|lib|server)\//,
    planted: { path: 'cli/planted.ts', imports: '#db/queries/users.ts' },
  },
  {
    name: 'pages for developers know no behaviour',
    files: /^lib\/docs\//,
    mayImport: new RegExp(`^(lib/docs/|lib/http/|${ground}|lib/crypto/)`),
    planted: { path: 'lib/docs/planted.ts', imports: '#lib/auth/login/login.ts' },
  },
  {
    name: 'http does not know behaviours',
    files: /^lib\/http\//,
    mayImport: new RegExp(`^(lib/http/|${concepts}|${ground}|lib/crypto/|db/errors\\.ts)`),
    planted: { path: 'lib/http/planted.ts', imports: '#lib/auth/done.ts' },
  },
]

function layerRule(layer: Layer): ArchitectureRule {
  return {
    name: `layer: ${layer.name}`,
    check: ({ path, imports }) =>
      testCode.test(path) || !layer.files.test(path)
        ? []
        : ownImports(imports)
            .filter(({ target }) => !layer.mayImport.test(target))
            .map(({ target }) => `imports ${target}`),
    planted: { path: layer.planted.path, text: `import '${layer.planted.imports}'\n` },
  }
}

function ownImports(imports: readonly Import[]): Import[] {
  return imports.filter(({ target }) => /^(app|bin|cli|components|db|emails|lib|server)\//.test(target))
}

const behaviourFile = /^lib\/auth\/([^/]+)\/([^/]+)$/

const behaviours: ArchitectureRule = {
  name: 'behaviours do not know each other',
  check: ({ path, imports }) => {
    const [, own] = behaviourFile.exec(path) ?? []
    if (!own || testCode.test(path)) return []
    const foreign = imports.filter(({ target }) => (behaviourFile.exec(target)?.[1] ?? own) !== own)
    return foreign.map(({ target }) => `imports ${target}`)
  },
  planted: { path: 'lib/auth/me/planted.ts', text: "import '#lib/auth/login/login.ts'\n" },
}

const useCases: ArchitectureRule = {
  name: 'use cases know neither HTTP nor schemas',
  check: ({ path, text, imports }) => {
    const [, , file = ''] = behaviourFile.exec(path) ?? []
    if (!file || /\.(contract|endpoint|test)\.tsx?$/.test(file)) return []
    const upward = imports
      .filter(({ target }) => /^(zod|lib\/http\/)/.test(target))
      .map(({ target }) => target)
    const web = /\bnew (Request|Response|Headers)\b|: (Request|Response|Headers)\b/.test(text)
      ? ['web types']
      : []
    return [...upward, ...web].map((what) => `uses ${what}`)
  },
  planted: { path: 'lib/auth/me/me.ts', text: 'export const answer = (r: Request) => r\n' },
}

const endpointFiles: ArchitectureRule = {
  name: 'endpoints leave the database to use cases',
  check: ({ path, imports }) =>
    path.endsWith('.endpoint.ts') && path.startsWith('lib/auth/')
      ? imports
          .filter(({ target }) => /^db\/|\.endpoint\.ts$/.test(target))
          .map(({ target }) => `imports ${target}`)
      : [],
  planted: { path: 'lib/auth/me/planted.endpoint.ts', text: "import '#db/queries/users.ts'\n" },
}

/** Contracts go to the browser, with everything they import. */
const browserSafe: ArchitectureRule = {
  name: 'contracts are safe for the browser',
  check: (file, tree) => (file.path.endsWith('.contract.ts') ? unsafeImports(file, tree, new Set()) : []),
  planted: { path: 'lib/auth/me/planted.contract.ts', text: "import '#lib/crypto/random.ts'\n" },
}

function unsafeImports(file: SourceFile, tree: ReadonlyMap<string, SourceFile>, seen: Set<string>): string[] {
  if (seen.has(file.path)) return []
  seen.add(file.path)
  return file.imports
    .filter(({ isTypeOnly }) => !isTypeOnly)
    .flatMap(({ target }) => {
      const own = tree.get(target)
      if (own) return /^(db|server)\//.test(target) ? [`reaches ${target}`] : unsafeImports(own, tree, seen)
      return target === 'zod' ? [] : [`${file.path} imports ${target}`]
    })
}

const ruleFile = /(^|\/)[^/]*(-state|-verdict|-lifetime|-policy|-policies|-work)\.ts$/

const pureRules: ArchitectureRule = {
  name: 'rules are pure',
  check: ({ path, text, isAsync, imports }) => {
    if (!ruleFile.test(path)) return []
    const io = imports.filter(
      ({ target, isTypeOnly }) => !isTypeOnly && /^(node:|db\/connection)/.test(target),
    )
    return [
      ...(isAsync || /\basync\b/.test(text) ? ['waits'] : []),
      ...(/\b(clock|Math\.random|performance)\b/.test(text) ? ['reads a clock or a random source'] : []),
      ...io.map(({ target }) => `imports ${target}`),
    ]
  },
  planted: { path: 'lib/session/planted-state.ts', text: 'export async function judge() {}\n' },
}

function wordRule(name: string, pattern: RegExp, places: RegExp, planted: string): ArchitectureRule {
  return {
    name,
    check: ({ path, text }) =>
      testCode.test(path) || configFiles.test(path) || places.test(path) || !pattern.test(text)
        ? []
        : ['uses it'],
    planted: { path: 'lib/session/planted.ts', text: planted },
  }
}

const environment = wordRule(
  'process.env is read in one place',
  /process\.env\b/,
  // Next replaces NEXT_RUNTIME and NODE_ENV while it compiles these two.
  /^(lib\/config\/env|instrumentation|proxy)\.ts$/,
  'export const name = process.env.NAME\n',
)
const time = wordRule(
  'time comes from the clock',
  /\bnew Date\(\)|\bDate\.now\(\)|\bperformance\.timeOrigin\b/,
  /^lib\/runtime\/clock\.ts$/,
  'export const now = Date.now()\n',
)
const randomness = wordRule(
  'randomness comes from lib/crypto',
  /\bMath\.random\(\)|\brandomUUID\(/,
  // Jitter between tries is no secret.
  /^(server\/start-database|lib\/crypto\/random)\.ts$/,
  'export const dice = Math.random()\n',
)

const fileNames: ArchitectureRule = {
  name: 'files have names that say something',
  check: ({ path }) =>
    /(^|\/)(utils?|helpers?|misc|common|index)\.tsx?$/.test(path) ? ['says nothing'] : [],
  planted: { path: 'lib/http/utils.ts', text: 'export {}\n' },
}

const classes: ArchitectureRule = {
  name: 'classes are Problem and Secret',
  check: ({ path, classes: found }) =>
    testCode.test(path)
      ? []
      : found.filter((name) => name !== 'Problem' && name !== 'Secret').map((n) => `has ${n}`),
  planted: { path: 'lib/http/planted.ts', text: 'export class SessionManager {}\n' },
}

const fileLinesMax = 300
const functionLinesMax = 60
const isTable = (path: string) => path === 'db/schema.ts' || path.endsWith('.contract.ts')

const sizes: ArchitectureRule = {
  name: 'files and functions fit a screen or two',
  check: ({ path, lines, functions }) => [
    ...(lines > fileLinesMax && !isTable(path) && !testCode.test(path) ? [`has ${lines} lines`] : []),
    ...(testCode.test(path) ? [] : functions)
      .filter((one) => one.lines > functionLinesMax)
      .map((one) => `${one.name} (line ${one.line}) has ${one.lines} lines`),
  ],
  planted: { path: 'lib/http/planted.ts', text: `export function long() {\n${'  void 0\n'.repeat(60)}}\n` },
}

export const architectureRules: readonly ArchitectureRule[] = [
  ...doors.map(doorRule),
  ...layers.map(layerRule),
  behaviours,
  useCases,
  endpointFiles,
  browserSafe,
  pureRules,
  environment,
  time,
  randomness,
  fileNames,
  classes,
  sizes,
]
