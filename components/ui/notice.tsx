import type { ReactNode } from 'react'

export type NoticeTone = 'danger' | 'success' | 'warning' | 'info'

const tones: Record<NoticeTone, string> = {
  danger: 'bg-danger-surface text-danger-text border-danger-text/30',
  success: 'bg-success-surface text-success-text border-success-text/30',
  warning: 'bg-warning-surface text-warning-text border-warning-text/30',
  info: 'bg-info-surface text-info-text border-info-text/30',
}

/** A message in the flow of the page. What just happened goes into a live region; that is the caller's part. */
export function Notice({ tone, children }: { tone: NoticeTone; children: ReactNode }) {
  return <div className={`rounded-field border px-4 py-3 text-sm ${tones[tone]}`}>{children}</div>
}
