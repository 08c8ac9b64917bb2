const sayMs = 2000

for (const button of document.querySelectorAll('.copy')) {
  const text = button.closest('figure').querySelector('code').textContent
  const said = document.createElement('span')
  said.setAttribute('role', 'status')
  said.className = 'said'
  button.before(said)
  button.hidden = false
  button.addEventListener('click', async () => {
    said.textContent = (await copy(text)) ? 'Copied' : 'Select the text and copy it'
    setTimeout(() => {
      said.textContent = ''
    }, sayMs)
  })
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // A browser that has no clipboard for pages over http, or whose owner refused it.
    return copySelection(text)
  }
}

function copySelection(text) {
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  try {
    return document.execCommand('copy')
  } finally {
    area.remove()
  }
}
