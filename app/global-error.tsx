'use client'

import './globals.css'
import ErrorPage from './error.tsx'

/** The same when even the frame of the page failed. */
export default function GlobalErrorPage({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <ErrorPage error={error} />
      </body>
    </html>
  )
}
