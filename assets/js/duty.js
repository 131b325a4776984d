// On duty: the clock of each alert, the sound that rings on until someone acknowledges, and saying truthfully whether
// there is sound. Browsers play none before a person has pressed something; until then the page says it is silent.
import { announce, csrf, remembered, swap } from './page.js'

let audio = null
let ringing = 0
let baseTitle = ''
let known = new Set()

const onDuty = () => document.body.hasAttribute('data-on-duty')
const alerts = () => [...document.querySelectorAll('#alert-bar .bl-alert')]
const isHeard = () => audio?.state === 'running'

function note(frequency, from, length, loudness = 0.22) {
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  const at = audio.currentTime + from
  tone.type = 'triangle'
  tone.frequency.value = frequency
  volume.gain.setValueAtTime(0, at)
  volume.gain.linearRampToValueAtTime(loudness, at + 0.012)
  volume.gain.exponentialRampToValueAtTime(0.0008, at + length)
  tone.connect(volume).connect(audio.destination)
  tone.start(at)
  tone.stop(at + length + 0.02)
}

/** Proves the sound: two soft notes, rising. */
function chime() {
  note(659.3, 0, 0.5)
  note(987.8, 0.16, 0.9)
}

/** Rings: two pairs, falling, unlike any telephone on the desk. */
function ring() {
  for (const from of [0, 0.42]) {
    note(1174.7, from, 0.2, 0.34)
    note(880, from + 0.19, 0.24, 0.34)
  }
}

async function arm(prove) {
  const Context = window.AudioContext ?? window.webkitAudioContext
  if (!Context) return
  audio ??= new Context()
  await Promise.race([audio.resume(), new Promise((resolve) => setTimeout(resolve, 400))])
  if (isHeard() && prove) chime()
  say()
}

function say() {
  for (const button of document.querySelectorAll('[data-sound]')) {
    button.hidden = !onDuty()
    button.classList.toggle('is-armed', isHeard())
    const more = document.createElement('span')
    more.className = 'bl-sound__more'
    more.textContent = isHeard() ? ' on' : ': turn sound on'
    button.replaceChildren(isHeard() ? '♪ Sound' : '⚠ Silent', more)
    button.setAttribute('aria-label', isHeard() ? 'Sound on' : 'Silent: turn sound on')
    button.setAttribute('aria-pressed', String(isHeard()))
  }
}

/** One tab rings for all, and only while someone is on duty, heard, and an alert waits. */
function ringOn() {
  const wanted = onDuty() && isHeard() && alerts().length > 0
  if (wanted && !ringing) {
    const once = () => navigator.locks?.request
      ? navigator.locks.request('bluelamp-ring', { ifAvailable: true }, async (lock) => { if (lock) { ring(); await new Promise((r) => setTimeout(r, 1500)) } })
      : ring()
    once()
    ringing = setInterval(once, 1900)
  } else if (!wanted && ringing) {
    clearInterval(ringing)
    ringing = 0
  }
}

/** The alert bar was drawn again: speak what is new in it, and ring or stop. */
export function alertsChanged() {
  const now = alerts()
  const fresh = now.filter((alert) => !known.has(alert.dataset.alert))
  if (fresh.length) announce(fresh.map((alert) => alert.querySelector('a').textContent).join('. '), true)
  known = new Set(now.map((alert) => alert.dataset.alert))
  document.title = now.length ? `‼ ${now.length} · ${baseTitle}` : baseTitle
  startClocks()
  ringOn()
}

const seconds = (text) => text.trim().split(':').reduce((sum, part) => sum * 60 + Number(part), 0)

function clockText(total) {
  const two = (n) => String(Math.floor(n)).padStart(2, '0')
  const [h, m, s] = [total / 3600, (total % 3600) / 60, total % 60]
  return h >= 1 ? `${Math.floor(h)}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`
}

/** A clock counts on from what the server wrote, so that a wrong clock on the desk changes nothing. */
function startClocks() {
  for (const clock of document.querySelectorAll('[data-clock]')) {
    if (clock.blStart !== undefined) continue
    clock.blText = clock.lastChild
    const drawn = seconds(clock.blText?.textContent ?? '')
    clock.blStart = Number.isFinite(drawn) ? performance.now() - drawn * 1000 : null
  }
}

function tick() {
  for (const clock of document.querySelectorAll('[data-clock]')) {
    if (typeof clock.blStart === 'number') clock.blText.textContent = clockText((performance.now() - clock.blStart) / 1000)
  }
}

/** Start and end of duty without leaving the page, because leaving it would silence it again. */
async function changeDuty(form) {
  const starting = form.dataset.duty === 'start'
  remembered.set('sound', starting)
  if (starting) await arm(true)
  const answer = await fetch(form.action, {
    method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { 'x-csrf-token': csrf() }, credentials: 'same-origin',
  })
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const sameKind = fresh.getElementById('duty')
  if (!sameKind) { location.reload(); return }
  if (!answer.ok) { swap([document.getElementById('main')], fresh); return }
  document.body.toggleAttribute('data-on-duty', fresh.body.hasAttribute('data-on-duty'))
  swap([...document.querySelectorAll('#duty, #alert-bar')], fresh)
  announce(onDuty() ? 'You are on duty. Sound is on.' : 'You are off duty. This page is silent.')
  say()
  alertsChanged()
}

export function startDuty() {
  baseTitle = document.title
  known = new Set(alerts().map((alert) => alert.dataset.alert))
  if (known.size) document.title = `‼ ${known.size} · ${baseTitle}`
  startClocks()
  setInterval(tick, 250)
  document.addEventListener('bl:swapped', () => { startClocks(); say() })
  document.addEventListener('submit', (event) => {
    if (!event.target.matches?.('form[data-duty]')) return
    event.preventDefault()
    changeDuty(event.target).catch(() => HTMLFormElement.prototype.submit.call(event.target))
  })
  document.addEventListener('click', (event) => { if (event.target.closest('[data-sound]')) arm(true).then(ringOn) })
  if (onDuty() && remembered.get('sound')) {
    // Most browsers let a page sound that was reached from one where the person pressed something; else the first press does it.
    arm(false).then(ringOn)
    const first = () => { arm(false).then(ringOn); removeEventListener('pointerdown', first); removeEventListener('keydown', first) }
    addEventListener('pointerdown', first)
    addEventListener('keydown', first)
  }
  say()
}
