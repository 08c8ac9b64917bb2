import type { ReactNode } from 'react'

/** Names and values, one below the other on a phone. `isNarrow`: for a card that is narrow everywhere. */
export function Facts({ facts, isNarrow = false }: { facts: [string, ReactNode][]; isNarrow?: boolean }) {
  const columns = isNarrow ? 'sm:grid-cols-[7rem_1fr] sm:gap-x-4' : 'sm:grid-cols-[10rem_1fr]'
  return (
    <dl className={`mt-4 grid gap-x-6 gap-y-1 sm:gap-y-3 ${columns}`}>
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted-foreground max-sm:mt-2">{name}</dt>
          <dd className="break-words font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
