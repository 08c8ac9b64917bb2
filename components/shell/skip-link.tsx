export function SkipLink() {
  return (
    <a
      href="#main"
      className="sr-only rounded-field bg-card px-4 py-3 font-medium text-link focus:not-sr-only focus:absolute focus:left-4 focus:top-4 focus:z-10"
    >
      Skip to main content
    </a>
  )
}
