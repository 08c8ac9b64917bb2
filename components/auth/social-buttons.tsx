import { buttonClass } from '../ui/button.tsx'
import { Badge } from '../ui/card.tsx'
import { ProviderMark } from './provider-mark.tsx'

export interface ShownProvider {
  id: string
  name: string
}

export interface SocialButtonsProps {
  providers: readonly ShownProvider[]
  /** The page they stand on: refusals come back to it. */
  page: string
  /** Where a sign-in leads. */
  next: string
  /** The provider that this browser signed in with last. */
  lastUsed: string | null
}

/** One form for each provider: they work without scripts, and a button says where it goes. */
export function SocialButtons({ providers, page, next, lastUsed }: SocialButtonsProps) {
  if (providers.length === 0) return null
  return (
    <div className="mt-6">
      <p className="mb-6 flex items-center gap-3 text-sm text-muted-foreground before:h-px before:flex-1 before:bg-border after:h-px after:flex-1 after:bg-border">
        or
      </p>
      <ul className="flex flex-col gap-3">
        {providers.map(({ id, name }) => (
          <li key={id}>
            <form method="post" action={`/api/auth/signin/${id}`}>
              <input type="hidden" name="_page" value={page} />
              <input type="hidden" name="callbackUrl" value={next} />
              <button type="submit" className={buttonClass('quiet', 'relative w-full')}>
                <ProviderMark id={id} name={name} />
                <span className="min-w-0 break-words">Continue with {name}</span>
                {id === lastUsed && (
                  <span className="absolute -top-3 right-2 whitespace-nowrap">
                    <Badge>Last used</Badge>
                  </span>
                )}
              </button>
            </form>
          </li>
        ))}
      </ul>
    </div>
  )
}
