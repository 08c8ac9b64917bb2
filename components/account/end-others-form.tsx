import { ApiForm } from '../forms/api-form.tsx'
import { SubmitButton } from '../forms/submit-button.tsx'

/**
 * Asks once more, without a script: the button is behind a disclosure that says what will happen.
 *
 * `count` is null when there may be more than the page shows.
 */
export function EndOthersForm({ count }: { count: number | null }) {
  const devices = count === 1 ? '1 other device' : `${count ?? 'all'} other devices`
  return (
    <details className="rounded-card border border-border bg-card p-5">
      <summary className="cursor-pointer font-medium">Sign out everywhere else</summary>
      <p className="mt-3 mb-4 max-w-[60ch] text-muted-foreground">
        This signs out {devices} at once. This device stays signed in.
      </p>
      <ApiForm
        target={{ path: '/api/auth/sessions', method: 'DELETE' }}
        page="/account/sessions"
        next="/account/sessions?done=others-ended"
        initial={null}
      >
        <SubmitButton label={`Sign out ${devices}`} pendingLabel="Ending…" look="destructive" />
      </ApiForm>
    </details>
  )
}
