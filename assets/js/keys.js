// Keys of the desk. They can be turned off or changed (WCAG 2.1.4), are remembered on this machine, and never act while
// someone types or holds a modifier.
import { remembered } from './page.js'

const KEYS = [
  ['next', 'j', 'Next'], ['previous', 'k', 'Previous'], ['claim', 'c', 'Claim'],
  ['assess', 'a', 'Assess'], ['reply', 'r', 'Reply'], ['incident', 'i', 'Incident'], ['close', 'e', 'Close'],
  ['hide', 'h', 'Hide'], ['search', '/', 'Search'], ['help', '?', 'All keys'],
]

let settings = { on: true, keys: {} }
const keyOf = (act) => settings.keys[act] ?? KEYS.find(([name]) => name === act)[1]

function move(step) {
  const links = [...document.querySelectorAll('.bl-row__link')]
  if (!links.length) return
  const from = document.activeElement?.closest?.('.bl-row__link') ?? document.querySelector('.bl-row__link[aria-current]')
  const place = from ? links.indexOf(from) + step : 0
  const link = links[Math.min(Math.max(place, 0), links.length - 1)]
  link.focus()
  link.scrollIntoView({ block: 'nearest' })
}

function go(act) {
  if (act === 'next' || act === 'previous') return move(act === 'next' ? 1 : -1)
  if (act === 'help') return help()
  const target = document.querySelector(`[data-key-for="${act}"]`)
  if (!target) return
  if (target.tagName === 'BUTTON') return target.click()
  const fold = target.closest('details')
  if (fold) fold.open = true
  const field = target.tagName === 'SUMMARY' ? fold.querySelector('textarea, select, input:not([type="hidden"])') : target
  const into = fold?.querySelector('textarea') ?? field
  into?.focus()
  into?.scrollIntoView({ block: 'nearest' })
}

const isTyping = (element) => element?.closest?.('input:not([type="checkbox"], [type="radio"], [type="button"]), textarea, select, [contenteditable]')

function pressed(event) {
  if (!settings.on || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
  if (document.querySelector('dialog[open]')) return
  const act = KEYS.find(([name]) => keyOf(name) === event.key)?.[0]
  if (!act || (act !== 'help' && !document.querySelector('[data-desk]'))) return
  event.preventDefault()
  go(act)
}

function line(text) {
  const span = document.createElement('span')
  span.textContent = text
  return span
}

function help() {
  const dialog = document.createElement('dialog')
  dialog.className = 'bl-dialog'
  dialog.setAttribute('aria-labelledby', 'keys-heading')
  const heading = document.createElement('h2')
  heading.id = 'keys-heading'
  heading.textContent = 'Keyboard shortcuts'
  const on = document.createElement('label')
  on.className = 'bl-pick'
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.checked = settings.on
  on.append(box, line('Keys work on the desk'))
  const list = document.createElement('div')
  list.className = 'bl-keylist'
  for (const [act, , label] of KEYS) {
    const field = document.createElement('input')
    field.value = keyOf(act)
    field.maxLength = 1
    field.dataset.act = act
    field.setAttribute('aria-label', `Key for: ${label}`)
    field.addEventListener('focus', () => field.select())
    list.append(line(label), field)
  }
  const says = line('')
  says.setAttribute('role', 'alert')
  says.className = 'bl-field-error'
  const acts = document.createElement('form')
  acts.method = 'dialog'
  acts.className = 'bl-dialog__acts'
  const save = document.createElement('button')
  save.className = 'bl-button'
  save.textContent = 'Save'
  const reset = document.createElement('button')
  reset.type = 'button'
  reset.className = 'bl-button bl-button--quiet'
  reset.textContent = 'As they came'
  acts.append(save, reset)
  dialog.append(heading, on, list, says, acts)
  reset.addEventListener('click', () => list.querySelectorAll('input').forEach((f) => { f.value = KEYS.find(([a]) => a === f.dataset.act)[1] }))
  acts.addEventListener('submit', (event) => {
    const chosen = Object.fromEntries([...list.querySelectorAll('input')].map((f) => [f.dataset.act, f.value.trim()]))
    const values = Object.values(chosen).filter(Boolean)
    if (new Set(values).size !== values.length) {
      event.preventDefault()
      says.textContent = 'Two acts have the same key: change one of them'
      return
    }
    settings = { on: box.checked, keys: chosen }
    remembered.set('keys', settings)
    hint()
  })
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

function hint() {
  for (const hintLine of document.querySelectorAll('[data-keys-hint]')) {
    hintLine.hidden = false
    const shown = KEYS.filter(([act]) => keyOf(act)).map(([act, , label]) => {
      const key = document.createElement('kbd')
      key.textContent = keyOf(act)
      const part = document.createElement('span')
      part.append(key, ' ' + label.split(',')[0].toLowerCase())
      return part
    })
    hintLine.replaceChildren(...(settings.on ? shown : [line('Keyboard shortcuts are off: turn them on from your name, above')]))
  }
  for (const key of document.querySelectorAll('.bl-fold > summary kbd')) {
    const act = key.parentElement.dataset.keyFor
    key.hidden = !settings.on
    if (act && keyOf(act)) key.textContent = keyOf(act)
  }
}

export function startKeys() {
  const kept = remembered.get('keys')
  if (kept && typeof kept === 'object') settings = { on: kept.on !== false, keys: kept.keys ?? {} }
  document.addEventListener('keydown', pressed)
  for (const button of document.querySelectorAll('[data-keys-help]')) {
    button.hidden = false
    button.addEventListener('click', help)
  }
  hint()
}
