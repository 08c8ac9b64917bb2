// Before the first paint: which side of the tokens holds, for styles that know a class only. Then the switch.
;(() => {
  const root = document.documentElement
  const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)')
  const yearSeconds = 31_536_000

  function apply() {
    const isDark =
      root.classList.contains('dark') || (!root.classList.contains('light') && systemIsDark.matches)
    if (root.classList.contains('dark-mode') === isDark) return
    root.classList.toggle('dark-mode', isDark)
    document.dispatchEvent(new Event('themechange'))
  }

  function choose(theme) {
    root.classList.remove('light', 'dark')
    if (theme !== 'system') root.classList.add(theme)
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser we support
    document.cookie = `theme=${theme}; path=/; max-age=${yearSeconds}; samesite=lax`
    apply()
  }

  root.classList.add('scripted')
  apply()
  systemIsDark.addEventListener('change', apply)
  document.addEventListener('DOMContentLoaded', () => {
    const themes = document.querySelector('.themes')
    themes.hidden = false
    themes.addEventListener('change', ({ target }) => choose(target.value))
  })
})()
