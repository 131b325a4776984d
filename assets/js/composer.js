// The composer's two voices from the server: saved as it is typed, and checked as it is typed. Both send the form's
// words (never its files) as an ordinary form post; the check answers with a fragment that takes its place by id.
import { csrf, swap } from './page.js'

function words(form) {
  const body = new URLSearchParams()
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value)
  return body
}

const post = (url, form, signal) => fetch(url, {
  method: 'POST', body: words(form), signal, credentials: 'same-origin',
  headers: { 'x-csrf-token': csrf(), 'x-requested-with': 'fetch' },
})

function later(pause, run) {
  let timer = 0
  return () => { clearTimeout(timer); timer = setTimeout(run, pause) }
}

function autosave(form) {
  const says = document.querySelector('[data-saved]')
  const say = (sentence, state = '') => { if (says) { says.textContent = sentence; says.className = 'bl-saved ' + state } }
  let sending = false
  let again = false
  let unsaved = false
  async function save() {
    if (form.blSent) return
    if (sending) { again = true; return }
    sending = true
    unsaved = false
    try {
      const answer = await post(form.dataset.autosave, form)
      if (answer.status === 409) say('▲ Someone else changed this draft. Copy your words, then reload.', 'is-kept-here')
      else if (!answer.ok) throw new Error(String(answer.status))
      else {
        const kind = answer.headers.get('content-type') ?? ''
        const told = kind.includes('json') ? await answer.json().catch(() => null) : null
        if (told?.revision !== undefined && form.elements.revision) form.elements.revision.value = told.revision
        say(`✓ Saved ${new Date().toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`)
      }
    } catch {
      unsaved = true
      say('▲ Not saved: kept on this machine, trying again', 'is-kept-here')
      setTimeout(save, 8000)
    }
    sending = false
    if (again) { again = false; save() }
  }
  const soon = later(1200, save)
  form.addEventListener('input', (event) => {
    if (event.target.type === 'file') return
    unsaved = true
    say('Saving…', 'is-waiting')
    soon()
  })
  addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden' && unsaved) save() })
}

function liveCheck(form) {
  let running = null
  async function check() {
    running?.abort()
    running = new AbortController()
    try {
      const answer = await post(form.dataset.check, form, running.signal)
      if (!answer.ok && answer.status !== 422) return
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const into = form.dataset.checkInto && document.getElementById(form.dataset.checkInto)
      if (into) into.replaceChildren(...[...fresh.body.children].filter((part) => part.id !== 'previews').map((part) => document.adoptNode(part)))
      else swap([...document.querySelectorAll('#check, #previews')], fresh)
    } catch { /* typed on, or offline: the last answer stays */ }
  }
  const soon = later(450, check)
  form.addEventListener('input', (event) => { if (event.target.type !== 'file') soon() })
}

/** Grows with its words where the browser does not do it alone. */
function grow(field) {
  if (CSS.supports('field-sizing', 'content')) return
  const fit = () => { field.style.height = 'auto'; field.style.height = field.scrollHeight + 'px' }
  field.addEventListener('input', fit)
  fit()
}

export function startComposer() {
  document.querySelectorAll('form[data-autosave]').forEach(autosave)
  document.querySelectorAll('form[data-check]').forEach(liveCheck)
  document.querySelectorAll('[data-grow]').forEach(grow)
}
