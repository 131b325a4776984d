// Live pages: an element says with `data-live` which kinds of event concern it, and is fetched again when one comes.
//   data-live="intake. desk."         kinds (names of acts), by their beginnings: fetched again within two seconds
//   data-live-now="desk.raise_alert"  at once
//   data-live-quiet="intake.receive"  do not move what someone reads: count, and offer "4 new"; into an empty list they come
//   data-live-rows="desk."            redraw rows where they stand; none comes, goes or moves
//   data-refresh="30"                 and every so many seconds as well
// Nothing jumps: an element is replaced only when it differs and nobody is typing in it.
import { announce, freshPage, swap } from './page.js'
import { alertsChanged } from './duty.js'

const starts = (list, kind) => (list ?? '').split(/\s+/).some((begin) => begin && kind.startsWith(begin))

let due = new Set()
let rowsDue = false
let timer = 0
let last = 0
let newOnes = 0

function soon(elements, wait, rows = false) {
  elements.forEach((element) => due.add(element.id))
  rowsDue ||= rows
  const pause = Math.max(wait, wait ? 2000 - (Date.now() - last) : 0)
  clearTimeout(timer)
  timer = setTimeout(fetchNow, pause)
}

/** Rows stay where they are; one that is no longer in the queue is dimmed until the reader asks for the new order. */
function swapRows(fresh, there) {
  const rows = [...document.querySelectorAll('[data-live-rows] [data-row][id]')]
  swap(rows, fresh)
  for (const row of rows) if (!there.has(row.id)) document.getElementById(row.id)?.classList.add('is-gone')
}

async function fetchNow() {
  last = Date.now()
  const elements = [...due].map((id) => document.getElementById(id)).filter(Boolean)
  const rows = rowsDue
  due = new Set()
  rowsDue = false
  if (!elements.length && !rows) return
  try {
    const fresh = await freshPage()
    if (!fresh) return
    // Counted first: what is swapped leaves the fresh page.
    const there = new Set([...fresh.querySelectorAll('[data-row][id]')].map((row) => row.id))
    const swapped = swap(elements, fresh)
    if (rows) swapRows(fresh, there)
    if (swapped.some((element) => element.id === 'alert-bar')) alertsChanged()
    if (elements.some((element) => element.dataset.liveQuiet)) showNew(0)
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

const LIVE = '[data-live][id], [data-live-now][id], [data-live-quiet][id]'

/** Events were missed: everything that does not move under the reader is fetched again. */
function catchUp() {
  soon([...document.querySelectorAll(LIVE)].filter((element) => !element.dataset.liveQuiet), 250, true)
}

function happened({ kind }) {
  // What was refused changed nothing; what is held did.
  if (kind.endsWith(':refused')) return
  const now = []
  const later = []
  let rows = false
  for (const element of document.querySelectorAll(LIVE)) {
    const { live, liveQuiet, liveNow, liveRows } = element.dataset
    if (starts(liveNow, kind)) now.push(element)
    else if (starts(liveQuiet, kind)) (element.querySelector('[data-row]') ? showNew(newOnes + 1) : later.push(element))
    else if (starts(live, kind)) later.push(element)
    rows ||= starts(liveRows, kind)
  }
  if (now.length) soon([...now, ...later], 0, rows)
  else if (later.length || rows) soon(later, 250, rows)
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
  source.addEventListener('again', catchUp)
  addEventListener('pagehide', () => source.close())
}

function listenTogether(url, script) {
  const worker = new SharedWorker(script, { name: 'bluelamp-live' })
  // A worker that cannot start (blocked, private window) says so once; the page then listens alone.
  worker.onerror = () => listenAlone(url)
  worker.port.onmessage = ({ data }) => {
    if (data.state) show(data.state)
    else if (data.again) catchUp()
    else heard(data.data)
  }
  worker.port.postMessage({ open: new URL(url, location.href).href })
  addEventListener('pagehide', () => worker.port.postMessage({ bye: true }))
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload() })
}

function poll() {
  setInterval(async () => {
    const fresh = await freshPage().catch(() => null)
    if (fresh) swap([...document.querySelectorAll(LIVE)].filter((element) => !element.dataset.liveQuiet), fresh)
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
  // Something may have happened between the drawing of this page and the opening of the stream; on duty that matters.
  if (document.body.hasAttribute('data-on-duty')) catchUp()
}
