/* global Redoc */
const probe = document.createElement('span')

/** A token as the colour that it is now: Redoc reckons with colours, and knows no variables. */
function colour(token) {
  probe.style.color = `var(--${token})`
  return getComputedStyle(probe).color
}

function themeOfTokens() {
  const [text, quiet, line, ground] = ['foreground', 'muted-foreground', 'border', 'muted'].map(colour)
  const font = getComputedStyle(document.body).fontFamily
  const code = getComputedStyle(document.querySelector('.mono')).fontFamily
  return {
    colors: {
      primary: { main: colour('link') },
      success: { main: colour('success-text') },
      warning: { main: colour('warning-surface'), contrastText: colour('warning-text') },
      error: { main: colour('danger-text') },
      text: { primary: text, secondary: quiet },
      gray: { 50: ground, 100: ground },
      border: { light: line, dark: line },
      responses: {
        success: { color: colour('success-text'), backgroundColor: colour('success-surface') },
        error: { color: colour('danger-text'), backgroundColor: colour('danger-surface') },
        redirect: { color: colour('warning-text'), backgroundColor: colour('warning-surface') },
        info: { color: colour('info-text'), backgroundColor: colour('info-surface') },
      },
    },
    schema: {
      linesColor: line,
      nestedBackground: ground,
      typeNameColor: quiet,
      typeTitleColor: quiet,
      requireLabelColor: colour('danger-text'),
      arrow: { color: quiet },
    },
    typography: {
      fontSize: '16px',
      lineHeight: '1.5',
      fontFamily: font,
      headings: { fontFamily: font, fontWeight: '600', lineHeight: '1.3' },
      code: { fontFamily: code, fontSize: '14px', color: text, backgroundColor: ground },
      links: { color: colour('link'), visited: colour('link'), hover: colour('link-hover') },
    },
    sidebar: { backgroundColor: colour('card'), textColor: text, activeTextColor: colour('link') },
    rightPanel: { backgroundColor: colour('panel'), textColor: colour('panel-foreground') },
  }
}

async function draw() {
  const main = document.querySelector('#main')
  probe.className = 'mono'
  probe.hidden = true
  document.body.append(probe)
  const answer = await fetch('/openapi.json')
  if (!answer.ok) throw new Error(`openapi.json: ${answer.status}`)
  const options = {
    nonce: main.nonce,
    // It runs in a worker made of a text, which the policy does not let in.
    disableSearch: true,
    hideLoading: true,
    downloadDefinitionUrl: '/openapi.json',
    theme: themeOfTokens(),
  }
  const drawn = (error) => {
    if (error) fail()
  }
  Redoc.init(await answer.json(), options, document.querySelector('#operations'), drawn)
}

function fail() {
  document.querySelector('#failure').hidden = false
}

draw().catch(fail)
// The colours are part of what was drawn.
document.addEventListener('themechange', () => location.reload())
