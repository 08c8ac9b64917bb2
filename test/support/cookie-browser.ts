/** A browser without eyes: keeps cookies of one host, follows redirects there, and posts forms. */
export interface CookieBrowser {
  /** Follows redirects until a page comes or the next address is of another origin. */
  open(url: string, form?: Record<string, string>): Promise<Visited>
  setCookie(cookie: { name: string; value: string }): void
}

export interface Visited {
  status: number
  /** Of the page; where it was redirected to another origin: that address. */
  url: string
  html: string
}

export function cookieBrowser(): CookieBrowser {
  const cookies = new Map<string, string>()

  async function step(url: string, form?: Record<string, string>): Promise<Response> {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
    const post = form && { method: 'POST', body: new URLSearchParams(form) }
    const answer = await fetch(url, { redirect: 'manual', headers, ...post })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }

  return {
    setCookie: ({ name, value }) => void cookies.set(name, value),
    async open(start, form) {
      let [url, answer] = [start, await step(start, form)]
      for (
        let location = answer.headers.get('location');
        location;
        location = answer.headers.get('location')
      ) {
        const next = new URL(location, url)
        if (next.origin !== new URL(url).origin) return { status: answer.status, url: next.href, html: '' }
        url = next.href
        answer = await step(url)
      }
      return { status: answer.status, url, html: await answer.text() }
    },
  }
}
