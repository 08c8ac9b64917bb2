import type { ComponentProps, ReactNode } from 'react'

export type ButtonLook = 'primary' | 'quiet' | 'destructive'

const looks: Record<ButtonLook, string> = {
  primary: 'bg-primary text-primary-foreground hover:bg-primary-hover border-transparent',
  quiet: 'bg-card text-foreground border-input-border hover:bg-muted',
  destructive: 'bg-destructive text-destructive-foreground border-transparent hover:opacity-90',
}

export function buttonClass(look: ButtonLook, className = ''): string {
  return `inline-flex min-h-11 items-center justify-center gap-2 rounded-field border px-4 py-2 text-base font-medium transition-colors duration-150 aria-disabled:cursor-default aria-disabled:opacity-80 disabled:cursor-default disabled:opacity-60 ${looks[look]} ${className}`
}

export function Button({
  look = 'primary',
  className,
  ...rest
}: { look?: ButtonLook } & ComponentProps<'button'>) {
  return <button type="button" className={buttonClass(look, className)} {...rest} />
}

export function ButtonLink({
  look = 'primary',
  className,
  ...rest
}: { look?: ButtonLook } & ComponentProps<'a'>) {
  return <a className={buttonClass(look, className)} {...rest} />
}

/** The label and what takes its place, one over the other: the button keeps its width. */
export function SwappedLabel({
  label,
  swapped,
  isSwapped,
}: {
  label: ReactNode
  swapped: ReactNode
  isSwapped: boolean
}) {
  return (
    <span className="grid *:[grid-area:1/1]">
      <span className={isSwapped ? 'invisible' : undefined}>{label}</span>
      <span className={isSwapped ? undefined : 'invisible'} aria-hidden={!isSwapped}>
        {swapped}
      </span>
    </span>
  )
}
