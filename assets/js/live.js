// Live pages: an element says with `data-live` which kinds of event concern it, and is fetched again when one comes.
//   data-live="alert. message."   kinds, by their beginnings
//   data-live-quiet="message"     do not move what someone reads: count, and offer "4 new"
//   data-live-now="alert."        unless it is one of these
//   data-refresh="30"             and every so many seconds as well
// Nothing jumps: an element is replaced only when it differs and nobody is typing in it.
import { announce, freshPage, refresh, swap } from './page.js'
import { alertsChanged } from './duty.js'

const starts = (list, kind) => (list ?? '').split(/\s+/).some((begin) => begin && kind.startsWith(begin))

let due = new Set()
let timer = 0
let last = 0
let newOnes = 0

function soon(elements, wait) {
  elements.forEach((element) => due.add(element.id))
  const pause = Math.max(wait, wait ? 2000 - (Date.now() - last) : 0)
  clearTimeout(timer)
  timer = setTimeout(fetchNow, pause)
}

async function fetchNow() {
  last = Date.now()
  const wanted = due
  due = new Set()
  const elements = [...wanted].map((id) => document.getElementById(id)).filter(Boolean)
  if (!elements.length) return
  try {
    const swapped = await refresh(elements)
    if (swapped.some((element) => element.id === 'alert-bar')) alertsChanged()
    if (swapped.some((element) => element.dataset.liveQuiet)) showNew(0)
  } catch { /* offline: the stream says so and the next event tries again */ }
}

function showNew(count) {
  newOnes = count
  for (const bar of document.querySelectorAll('[data-new-bar]')) {
    bar.hidden = count === 0
    bar.textContent = count === 0 ? '' : `${count} new: show ${count === 1 ? 'it' : 'them'}`
  }
  if (count > 0) announce(`${count} new`)
}

export function happened(event) {
  const now = []
  const later = []
  for (const element of document.querySelectorAll('[data-live][id]')) {
    const { live, liveQuiet, liveNow } = element.dataset
    if (starts(liveNow, event.kind)) now.push(element)
    else if (event.kind === 'resync') later.push(element)
    else if (starts(live, event.kind)) {
      if (!liveQuiet) (event.kind.startsWith('alert.') ? now : later).push(element)
      else if (event.kind === 'message.arrived') showNew(newOnes + 1)
    }
  }
  if (now.length) soon(now, 0)
  else if (later.length) soon(later, 250)
}

const heard = (text) => {
  let event
  try { event = JSON.parse(text) } catch { return }
  if (typeof event?.kind === 'string') happened(event)
}

function show(state) {
  const line = document.querySelector('[data-live-state]')
  if (!line) return
  const words = { open: '● Live', waiting: '▲ Not live: reconnecting', ended: '✕ Not live: sign in again' }
  line.hidden = !(state in words)
  line.textContent = words[state] ?? ''
  line.classList.toggle('is-late', state !== 'open')
  if (state === 'ended') announce('Live updates have stopped. Sign in again.', true)
}

function listenAlone(url) {
  const source = new EventSource(url)
  source.onopen = () => show('open')
  source.onerror = () => show(source.readyState === EventSource.CLOSED ? 'ended' : 'waiting')
  source.onmessage = (event) => heard(event.data)
  addEventListener('pagehide', () => source.close())
}

function listenTogether(url, script) {
  const worker = new SharedWorker(script, { name: 'bluelamp-live' })
  // A worker that cannot start (blocked, private window) says so once; the page then listens alone.
  worker.onerror = () => listenAlone(url)
  worker.port.onmessage = ({ data }) => data.state ? show(data.state) : heard(data.data)
  worker.port.postMessage({ open: new URL(url, location.href).href })
  addEventListener('pagehide', () => worker.port.postMessage({ bye: true }))
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload() })
}

function poll() {
  setInterval(async () => {
    const fresh = await freshPage().catch(() => null)
    if (fresh) swap([...document.querySelectorAll('[data-live][id]:not([data-live-quiet])')], fresh)
    alertsChanged()
  }, 15000)
}

export function startLive() {
  for (const element of document.querySelectorAll('[data-refresh][id]')) {
    setInterval(() => soon([document.getElementById(element.id)].filter(Boolean), 0), Number(element.dataset.refresh) * 1000)
  }
  for (const bar of document.querySelectorAll('[data-new-bar]')) {
    bar.addEventListener('click', () => { soon([...document.querySelectorAll('[data-live-quiet][id]')], 0) })
  }
  const { events, worker } = document.body.dataset
  if (!events) return
  if ('SharedWorker' in window && worker) listenTogether(events, worker)
  else if ('EventSource' in window) listenAlone(events)
  else poll()
}
