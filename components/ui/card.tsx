import type { ReactNode } from 'react'

export function Card({ children, labelledBy }: { children: ReactNode; labelledBy?: string }) {
  return (
    <section aria-labelledby={labelledBy} className="rounded-card border border-border bg-card p-5 sm:p-8">
      {children}
    </section>
  )
}

export function CardTitle({ id, children }: { id: string; children: ReactNode }) {
  return (
    <h2 id={id} className="text-lg font-semibold">
      {children}
    </h2>
  )
}

export function Badge({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex items-center rounded-full bg-success-surface px-2.5 py-0.5 text-sm font-medium text-success-text">
      {children}
    </span>
  )
}
