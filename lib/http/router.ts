import type { Endpoint } from './endpoint.ts'

/** The operations of one path, by method. */
export interface Route {
  path: string
  endpoints: readonly Endpoint[]
  /** A page: somebody else answers GET, and we refuse the rest. */
  isPage?: true
}

export interface RouteMatch {
  route: Route
  /** Value of the path parameter, percent-decoded once; empty when the path has none. */
  parameter: string
}

export interface Router {
  match(pathname: string): RouteMatch | null
}

/** Paths are literal, or end in one parameter; a table is all that takes. */
export function createRouter(endpoints: readonly Endpoint[]): Router {
  const literal = new Map<string, Route>()
  const withParameter = new Map<string, Route>()
  for (const path of new Set(endpoints.map(({ contract }) => contract.path))) {
    const route = { path, endpoints: endpoints.filter(({ contract }) => contract.path === path) }
    const prefix = parameterPrefix(path)
    if (prefix === null) literal.set(path, route)
    else withParameter.set(prefix, route)
  }
  return {
    match(pathname) {
      const route = literal.get(pathname)
      if (route) return { route, parameter: '' }
      const lastSlash = pathname.lastIndexOf('/') + 1
      const parameterised = withParameter.get(pathname.slice(0, lastSlash))
      const parameter = decode(pathname.slice(lastSlash))
      return parameterised && parameter ? { route: parameterised, parameter } : null
    },
  }
}

function parameterPrefix(path: string): string | null {
  return /^(.*\/)\{[a-z_]+\}$/.exec(path)?.[1] ?? null
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}

/** The path of an absolute URL, without making a URL object for every request. */
export function pathnameOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const end = url.slice(start).search(/[?#]/)
  return end === -1 ? url.slice(start) : url.slice(start, start + end)
}

/** True below the folders that belong to the endpoint table alone. */
export function isApiPath(pathname: string): boolean {
  return /^\/(api|\.well-known)(\/|$)/.test(pathname)
}

/** True for what Next keeps below names of its own, such as its page for failures. Its files are none of these. */
function isInwardPage(pathname: string): boolean {
  return /^\/_(?!next\/|_nextjs)/.test(pathname)
}

/** True for a path that the endpoint table answers, if only to say that there is nothing: it never becomes a page. */
export function isTablePath(router: Router, pathname: string): boolean {
  return isKept(router, pathname) || isKept(router, asNextReads(pathname))
}

function isKept(router: Router, pathname: string): boolean {
  return isApiPath(pathname) || isInwardPage(pathname) || router.match(pathname) !== null
}

/** Next decodes a path, and overlooks a slash at its end, before it looks for a handler. */
function asNextReads(pathname: string): string {
  return (decode(pathname) ?? pathname).replace(/\/+$/, '')
}

/** What a path matches on a server with pages. */
export function matchWithPages(router: Router, pathname: string): RouteMatch | null {
  const match = router.match(pathname)
  if (match || isTablePath(router, pathname)) return match
  return { route: { path: 'page', endpoints: [], isPage: true }, parameter: '' }
}
