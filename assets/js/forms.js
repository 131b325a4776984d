// Forms: asked once more before something drastic, sent once, counted in characters as people count them, and never
// losing a word.
import { ask, person, remembered, toast } from './page.js'

const DAY = 24 * 60 * 60 * 1000
const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter(undefined, { granularity: 'grapheme' }) : null

/** Characters as a reader counts them: a flag or a family is one. */
export function graphemes(text) {
  if (!segmenter) return [...text].length
  let count = 0
  for (const _ of segmenter.segment(text)) count += 1
  return count
}

function confirmFirst(event) {
  const button = event.target.closest?.('[data-confirm]')
  if (!button || button.blConfirmed) { if (button) button.blConfirmed = false; return }
  event.preventDefault()
  ask(button.dataset.confirm, button.textContent.trim()).then((yes) => {
    if (!yes) { button.focus(); return }
    button.blConfirmed = true
    if (button.form) button.form.requestSubmit(button)
    else button.click()
  })
}

/** A second press sends nothing: acts carry their own key against repeats, this spares the question. */
function sendOnce(event) {
  const form = event.target
  if (form.dataset.duty || form.method === 'dialog') return
  if (form.blSent) { event.preventDefault(); return }
  form.blSent = true
  setTimeout(() => form.querySelectorAll('[data-once]').forEach((button) => button.setAttribute('aria-disabled', 'true')), 0)
  setTimeout(() => sendAgain(form), 8000)
}

function sendAgain(form) {
  form.blSent = false
  form.querySelectorAll('[data-once]').forEach((button) => button.removeAttribute('aria-disabled'))
}

function countField(field) {
  const says = document.createElement('p')
  says.className = 'bl-count-says'
  const limit = Number(field.dataset.count)
  const count = () => {
    const left = limit - graphemes(field.value)
    says.textContent = left < 0 ? `${-left} too many` : `${left} left`
    says.classList.toggle('is-over', left < 0)
  }
  field.after(says)
  field.addEventListener('input', count)
  count()
}

/** "412/300 on Bluesky": the main text, unless that platform has words of its own. */
function countPlatforms() {
  for (const counter of document.querySelectorAll('[data-counter]')) {
    const main = document.getElementById(counter.dataset.counter)
    const own = document.getElementById(counter.dataset.unless)
    const number = counter.querySelector('[data-number]')
    const limit = Number(counter.dataset.limit)
    const count = () => {
      const used = graphemes(own?.value.trim() ? own.value : main.value)
      number.textContent = `${used}/${limit}`
      counter.classList.toggle('is-over', used > limit)
    }
    for (const field of [main, own]) field?.addEventListener('input', count)
    count()
  }
}

const kept = (form) => `keep.${person()}.${form.dataset.keep}`
const fieldsOf = (form) => [...form.elements].filter((f) => f.name && !['hidden', 'file', 'password', 'submit', 'button'].includes(f.type) && f.tagName !== 'BUTTON' && f.tagName !== 'FIELDSET')
const isChecked = (f) => f.type === 'checkbox' || f.type === 'radio'

function keepWords(form) {
  const store = () => remembered.set(kept(form), { at: Date.now(), fields: fieldsOf(form).map((f) => [f.name, f.value, isChecked(f) ? f.checked : null]) })
  form.addEventListener('input', store)
  form.addEventListener('submit', () => { const old = remembered.get(kept(form)); if (old) remembered.set(kept(form), { ...old, sent: true }) })
  const old = remembered.get(kept(form))
  if (!old) return
  const cameBack = performance.getEntriesByType('navigation')[0]?.type === 'back_forward'
  if ((old.sent && !cameBack) || Date.now() - old.at > DAY) { remembered.drop(kept(form)); return }
  const before = fieldsOf(form).map((f) => [f, f.value, f.checked])
  let changed = false
  for (const [name, value, checked] of old.fields) {
    const field = fieldsOf(form).find((f) => f.name === name && (!isChecked(f) || f.value === value))
    if (!field) continue
    if (isChecked(field)) { changed ||= field.checked !== checked; field.checked = checked } else { changed ||= field.value !== value; field.value = value }
  }
  if (!changed) { remembered.drop(kept(form)); return }
  form.closest('details')?.setAttribute('open', '')
  form.dispatchEvent(new Event('input', { bubbles: true }))
  toast('What you typed and had not sent is here again.', {
    label: 'Take it away',
    run() {
      before.forEach(([f, value, checked]) => { f.value = value; if (isChecked(f)) f.checked = checked })
      remembered.drop(kept(form))
      form.dispatchEvent(new Event('input', { bubbles: true }))
      remembered.drop(kept(form))
    },
  })
}

/** Signing out leaves no one's words on a shared machine. */
function forgetWords() {
  for (const key of Object.keys(localStorage)) if (key.startsWith('bl.keep.')) localStorage.removeItem(key)
}

function startForm(form) {
  if (form.dataset.keep) keepWords(form)
}

function fillFrom(select) {
  const field = document.getElementById(select.dataset.fills)
  select.addEventListener('change', async () => {
    if (!select.value) return
    if (field.value.trim() && field.value !== field.blFilled && !(await ask('Put this in the place of what you typed?', 'Replace'))) return
    field.value = field.blFilled = select.value
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.focus()
  })
}

export function startForms() {
  document.addEventListener('click', confirmFirst)
  document.addEventListener('submit', sendOnce)
  addEventListener('pageshow', () => document.querySelectorAll('form').forEach(sendAgain))
  document.querySelectorAll('[data-count]').forEach(countField)
  document.querySelectorAll('select[data-fills]').forEach(fillFrom)
  countPlatforms()
  document.querySelectorAll('form[data-keep]').forEach(startForm)
  document.querySelector('form[action="/sign-out"]')?.addEventListener('submit', forgetWords)
}
