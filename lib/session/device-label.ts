import Bowser from 'bowser'

/**
 * A short name for the client, such as "Firefox on Windows"; null when the user agent says nothing we know.
 * Parsed once, when the session begins.
 */
export function deviceLabel(userAgent: string | null): string | null {
  if (!userAgent) return null
  const { browser, os } = Bowser.parse(userAgent)
  if (!browser.name) return null
  return os.name ? `${browser.name} on ${os.name}` : browser.name
}
