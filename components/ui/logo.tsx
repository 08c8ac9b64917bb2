/** The mark: a keyhole in a ring that is still open, as a session is. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--brand)" />
      <path
        d="M22.6 9.4a9.3 9.3 0 1 0 2.6 6.6"
        fill="none"
        stroke="#06210a"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
      <path d="M16 11.2a3.1 3.1 0 0 0-1.5 5.8l-.9 4.2h4.8l-.9-4.2A3.1 3.1 0 0 0 16 11.2Z" fill="#06210a" />
    </svg>
  )
}

export function Logo({ name, className = '' }: { name: string; className?: string }) {
  return (
    <span className={`inline-flex items-center gap-3 font-semibold ${className}`}>
      <LogoMark className="size-8 shrink-0" />
      <span className="min-w-0 leading-tight break-words">{name}</span>
    </span>
  )
}
