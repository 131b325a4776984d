// Tables: filter as you type and sort in place where the whole table is on the page; both are remembered. Sorting is a
// link, so it works and has its address without this.
import { remembered } from './page.js'

const collator = new Intl.Collator('en-GB', { numeric: true, sensitivity: 'base' })

function filter(name, words) {
  const table = document.querySelector(`[data-table="${name}"]`)
  if (!table) return
  const wanted = words.toLocaleLowerCase('en-GB').split(/\s+/).filter(Boolean)
  let shown = 0
  let all = 0
  let group = null
  const close = () => { if (group) group.row.hidden = group.shown === 0 }
  for (const row of table.tBodies[0].rows) {
    if (row.classList.contains('bl-table__group')) { close(); group = { row, shown: 0 }; continue }
    const text = row.textContent.toLocaleLowerCase('en-GB')
    row.hidden = !wanted.every((word) => text.includes(word))
    all += 1
    if (!row.hidden) { shown += 1; if (group) group.shown += 1 }
  }
  close()
  const says = document.querySelector(`[data-filter-says="${name}"]`)
  if (says) says.textContent = wanted.length ? `${shown} of ${all} rows` : ''
}

const cellText = (row, place) => row.cells[place]?.dataset.sort ?? row.cells[place]?.querySelector('time')?.dateTime ?? row.cells[place]?.textContent.trim() ?? ''

function sort(table, header) {
  const place = header.cellIndex
  const falling = header.getAttribute('aria-sort') === 'ascending'
  const body = table.tBodies[0]
  let block = []
  const order = (rows) => rows.sort((a, b) => collator.compare(cellText(a, place), cellText(b, place)) * (falling ? -1 : 1))
  const sorted = []
  for (const row of [...body.rows]) {
    if (row.classList.contains('bl-table__group')) { sorted.push(...order(block), row); block = [] } else block.push(row)
  }
  sorted.push(...order(block))
  body.append(...sorted)
  for (const other of table.tHead.rows[0].cells) if (other.hasAttribute('aria-sort')) other.setAttribute('aria-sort', 'none')
  header.setAttribute('aria-sort', falling ? 'descending' : 'ascending')
}

export function startTables() {
  for (const field of document.querySelectorAll('[data-filter]')) {
    const name = field.dataset.filter
    field.closest('label').hidden = false
    field.value = remembered.get('filter.' + name) ?? ''
    filter(name, field.value)
    field.addEventListener('input', () => { filter(name, field.value); remembered.set('filter.' + name, field.value) })
  }
  const isWhole = !document.querySelector('.bl-paging a')
  if (!isWhole) return
  for (const link of document.querySelectorAll('.bl-table thead th[aria-sort] a')) {
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      sort(link.closest('table'), link.closest('th'))
      if (link.getAttribute('href') !== '#') history.replaceState(null, '', link.href)
    })
  }
}
