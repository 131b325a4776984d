// Small services the other parts share: the CSRF token, taking parts of a freshly fetched page, announcing, asking.

export const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? ''

export const person = () => document.querySelector('.bl-person__name')?.textContent ?? ''

/** localStorage may be full or forbidden; no comfort is worth an exception. */
export const remembered = {
  get(key) {
    try { return JSON.parse(localStorage.getItem('bl.' + key)) } catch { return null }
  },
  set(key, value) {
    try { localStorage.setItem('bl.' + key, JSON.stringify(value)) } catch { /* nothing to do about it */ }
  },
  drop(key) {
    try { localStorage.removeItem('bl.' + key) } catch { /* nothing to do about it */ }
  },
}

export function announce(sentence, urgent = false) {
  const region = document.getElementById(urgent ? 'live-urgent' : 'live-announce')
  if (region) region.textContent = sentence
}

export function toast(sentence, action) {
  document.querySelector('.bl-toast')?.remove()
  const box = document.createElement('div')
  box.className = 'bl-toast'
  box.setAttribute('role', 'status')
  box.append(sentence)
  if (action) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'bl-button bl-button--quiet'
    button.textContent = action.label
    button.addEventListener('click', () => { box.remove(); action.run() })
    box.append(' ', button)
  }
  document.body.append(box)
  setTimeout(() => box.remove(), action ? 15000 : 5000)
}

/** A question with two answers, in the page's own words rather than the browser's. */
export function ask(question, yes) {
  const dialog = document.createElement('dialog')
  dialog.className = 'bl-dialog'
  dialog.setAttribute('aria-labelledby', 'ask-heading')
  const heading = document.createElement('h2')
  heading.id = 'ask-heading'
  heading.textContent = question
  const form = document.createElement('form')
  form.method = 'dialog'
  form.className = 'bl-dialog__acts'
  for (const [value, label, kind] of [['yes', yes, 'bl-button--danger'], ['no', 'Go back', 'bl-button--quiet']]) {
    const button = document.createElement('button')
    button.value = value
    button.textContent = label
    button.className = 'bl-button ' + kind
    if (value === 'no') button.autofocus = true
    form.append(button)
  }
  dialog.append(heading, form)
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue === 'yes') }))
}

/** An element that someone is typing in is never taken away from under them. */
function isBusy(element) {
  if (element.querySelector('dialog[open]')) return true
  return [...element.querySelectorAll('input, textarea, select')].some((field) => {
    if (field.type === 'hidden') return false
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked
    if (field.tagName === 'SELECT') return [...field.options].some((o) => o.selected !== o.defaultSelected) && field === document.activeElement
    return field.value !== field.defaultValue
  })
}

const keyOf = (element) => element?.id ? '#' + CSS.escape(element.id) : element?.closest('[data-row]') ? `[data-row="${CSS.escape(element.closest('[data-row]').dataset.row)}"] a` : null

/** Puts the parts of `fresh` that have the same id in the place of `elements`; focus, scroll and open folds stay. */
export function swap(elements, fresh) {
  const swapped = []
  for (const old of elements) {
    const next = fresh.getElementById(old.id)
    if (!next || old.outerHTML === next.outerHTML || isBusy(old)) continue
    const focus = old.contains(document.activeElement) ? keyOf(document.activeElement) : null
    const top = old.scrollTop
    for (const fold of old.querySelectorAll('details[id][open]')) next.querySelector('#' + CSS.escape(fold.id))?.setAttribute('open', '')
    const placed = document.adoptNode(next)
    old.replaceWith(placed)
    placed.scrollTop = top
    if (focus) document.querySelector(focus)?.focus({ preventScroll: true })
    swapped.push(placed)
  }
  if (swapped.length) document.dispatchEvent(new CustomEvent('bl:swapped', { detail: swapped }))
  return swapped
}

/** This page again, as the server draws it now under this person's own rights. */
export async function freshPage() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, credentials: 'same-origin' })
  if (answer.redirected && new URL(answer.url).pathname !== location.pathname) { location.reload(); return null }
  if (!answer.ok) return null
  return new DOMParser().parseFromString(await answer.text(), 'text/html')
}

function localTimes(root) {
  const clock = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
  const forcesOffset = (title) => /GMT|UTC/.test(title) ? 0 : /BST/.test(title) ? 60 : null
  for (const time of root.querySelectorAll('time[data-local]')) {
    const at = new Date(time.dateTime)
    const theirs = forcesOffset(time.title)
    if (Number.isNaN(at.getTime()) || theirs === null || -at.getTimezoneOffset() === theirs || time.title.includes('your time')) continue
    time.title += ` · ${clock.format(at)} your time`
  }
}

export function startPage() {
  // On a phone the places stand in one line that moves sideways: where one is must be in sight.
  const here = document.querySelector('.bl-nav [aria-current]')
  const line = here?.closest('ul')
  if (line) line.scrollLeft = here.offsetLeft - line.offsetLeft - (line.clientWidth - here.offsetWidth) / 2
  document.querySelector('[data-focus]')?.focus()
  localTimes(document)
  document.addEventListener('bl:swapped', (event) => event.detail.forEach(localTimes))
  for (const button of document.querySelectorAll('[data-print]')) {
    button.hidden = false
    button.addEventListener('click', () => print())
  }
  document.addEventListener('click', (event) => {
    for (const menu of document.querySelectorAll('details[data-closes][open]')) if (!menu.contains(event.target)) menu.open = false
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    const menu = document.querySelector('details[data-closes][open]')
    if (menu) { menu.open = false; menu.querySelector('summary').focus() }
  })
}
