'use client'

import { useEffect, useState } from 'react'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const names: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' }
const yearSeconds = 31_536_000

/**
 * System, light or dark. The choice is a cookie, so that the server writes the class and nothing flashes. Without
 * scripts the system decides, and there is no switch.
 */
export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme | null>(null)
  useEffect(
    () => setTheme(themes.find((one) => document.documentElement.classList.contains(one)) ?? 'system'),
    [],
  )
  if (theme === null) return <div className="h-11" />

  function choose(chosen: Theme) {
    setTheme(chosen)
    document.documentElement.classList.remove('light', 'dark')
    if (chosen !== 'system') document.documentElement.classList.add(chosen)
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser we support
    document.cookie = `theme=${chosen}; path=/; max-age=${yearSeconds}; samesite=lax`
  }

  return (
    <fieldset className="flex items-center gap-1 text-sm text-muted-foreground">
      <legend className="sr-only">Theme</legend>
      {themes.map((one) => (
        <label
          key={one}
          className="cursor-pointer rounded-field px-3 py-2.5 has-checked:bg-muted has-checked:text-foreground has-focus-visible:outline-3 has-focus-visible:outline-ring"
        >
          <input
            type="radio"
            name="theme"
            value={one}
            checked={theme === one}
            onChange={() => choose(one)}
            className="sr-only"
          />
          {names[one]}
        </label>
      ))}
    </fieldset>
  )
}
