'use client'

import { Button, ButtonLink } from '../components/ui/button.tsx'
import { Card } from '../components/ui/card.tsx'

/**
 * Something failed in the browser. What fails while a page is drawn is answered by our server, readable without scripts
 * (server/draw-page.ts); on a host without one it ends here too, and the digest leads to the log.
 */
export default function ErrorPage({ error }: { error: Error & { digest?: string } }) {
  return (
    <main id="main" className="mx-auto flex min-h-dvh max-w-[27rem] flex-col justify-center px-4 py-8">
      <title>Something went wrong</title>
      <h1 className="mb-6 text-2xl font-semibold">Something went wrong</h1>
      <Card>
        <p className="mb-6">
          This page could not be made just now. Nothing was changed, and you are not signed out.
        </p>
        {error.digest && (
          <p className="mb-6 text-sm text-muted-foreground">
            Reference: <code className="font-mono">{error.digest}</code>
          </p>
        )}
        <div className="flex flex-wrap gap-3">
          <Button onClick={() => window.location.reload()}>Try again</Button>
          <ButtonLink href="/" look="quiet">
            To the start
          </ButtonLink>
        </div>
      </Card>
    </main>
  )
}
