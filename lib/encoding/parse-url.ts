/**
 * Reads an address as browsers do (WHATWG URL); null for none.
 *
 * Not URL.canParse: once Node 20 has compiled its caller it says no to every address with a letter from ä to ÿ.
 */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base)
  } catch {
    return null
  }
}
