'use client'

import { useTypedEmail } from '../forms/typed-email.ts'

/** Where mail of these domains is read, for whoever has no other window open. */
const webmail: Record<string, { name: string; url: string }> = {
  'gmail.com': { name: 'Gmail', url: 'https://mail.google.com/' },
  'googlemail.com': { name: 'Gmail', url: 'https://mail.google.com/' },
  'outlook.com': { name: 'Outlook', url: 'https://outlook.live.com/mail/' },
  'hotmail.com': { name: 'Outlook', url: 'https://outlook.live.com/mail/' },
  'live.com': { name: 'Outlook', url: 'https://outlook.live.com/mail/' },
}

/**
 * Where a message went, and the way there.
 *
 * @param email  as the server knows it after a form without scripts; else what was typed in this tab counts
 */
export function SentTo({ email }: { email: string | null }) {
  const typed = useTypedEmail()
  const address = email ?? typed
  if (!address) return null
  const mailbox = webmail[address.split('@').at(-1)?.toLowerCase() ?? '']
  return (
    <p className="mt-2">
      Sent to <strong className="break-all">{address}</strong>.
      {mailbox && (
        <>
          {' '}
          <a href={mailbox.url} target="_blank" rel="noopener noreferrer" className="prose-link">
            Open {mailbox.name}
          </a>
        </>
      )}
    </p>
  )
}
