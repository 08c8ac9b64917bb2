/** The mark as an image of its own, decorative: the name stands beside it. */
export const mark = `<svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true"><rect width="32" height="32" rx="8"
fill="#6aa469"/><path d="M22.6 9.4a9.3 9.3 0 1 0 2.6 6.6" fill="none" stroke="#06210a" stroke-width="2.6"
stroke-linecap="round"/><path d="M16 11.2a3.1 3.1 0 0 0-1.5 5.8l-.9 4.2h4.8l-.9-4.2A3.1 3.1 0 0 0 16 11.2Z"
fill="#06210a"/></svg>`

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it may stand in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
