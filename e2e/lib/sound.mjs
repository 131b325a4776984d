// What is wrong with the page that a person has before them: a list of sentences, empty when it is sound.
import { violations } from './accessible.mjs'

// The page's own facts, taken in one go.
function facts(width) {
  const shown = (it) => it.getClientRects().length > 0
  const main = document.querySelector('main') ?? document.body
  // What is meant as code may look like it; everything else is for people.
  const text = main.cloneNode(true)
  text.querySelectorAll('pre, code, textarea, script, style, .bl-code, [data-exact]').forEach((it) => it.remove())
  const words = text.textContent
  const make = (it) => `${it.localName}.${it.className?.baseVal ?? it.className}`
  const parts = new Set()
  for (const it of document.body.querySelectorAll('*')) {
    const named = ['role', 'aria-label', 'aria-labelledby', 'alt', 'href', 'for', 'scope', 'type'].filter((name) => it.hasAttribute(name))
    parts.add(`${make(it.parentElement)}>${make(it)}[${named}]${it.labels ? `${it.name}:${it.labels.length}` : ''}${/^(A|BUTTON)$/.test(it.tagName) && !it.textContent.trim() ? '!' : ''}`)
  }
  return {
    title: document.title.trim(),
    language: document.documentElement.lang,
    headings: [...document.querySelectorAll('h1')].filter((it) => it.getClientRects().length > 0).map((it) => it.textContent.trim()),
    mains: document.querySelectorAll('main').length,
    // A phone's browser zooms out to fit what is too wide, so its own idea of the width is no measure.
    wider: document.documentElement.scrollWidth - Math.min(document.documentElement.clientWidth, width),
    widest: [...document.body.querySelectorAll('*')].filter((it) => shown(it) && it.getBoundingClientRect().right + scrollX > width + 1 && !it.closest('.bl-scroll, [class*=scroll], nav ul, .bl-code')).slice(0, 2).map((it) => it.outerHTML.slice(0, 90)),
    lost: [...document.querySelectorAll('a[href^="#"]')].map((it) => it.getAttribute('href').slice(1)).filter((id) => id && !document.getElementById(id)),
    raw: words.match(/\b(?:Some|None|Ok|Err|Id)\([^)]*\)|\b\w+ \{ \w+: |[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\bNaN\b|\bundefined\b|\{\{|\*\*\w/g) ?? [],
    clipped: [...main.querySelectorAll('h1, h2, h3, button, label, dt, .bl-button')].filter((it) => shown(it) && !it.closest('.govuk-visually-hidden') && it.clientWidth > 2 && it.scrollWidth > it.clientWidth + 2 && getComputedStyle(it).overflowX === 'hidden' && getComputedStyle(it).display !== 'inline').map((it) => it.textContent.trim().slice(0, 40)),
    parts: [...parts],
  }
}

// `looked` remembers what axe has seen on each screen: a page with nothing new to it is not looked at again, which is
// what lets every page of everybody be walked in minutes. The first of each kind of page always is.
export async function faultsOf(who, name, device, looked) {
  const width = who.page.viewportSize().width
  const page = await who.page.evaluate(facts, width)
  const wrong = []
  if (!page.title) wrong.push('it has no title')
  if (page.language.slice(0, 2) !== 'en') wrong.push(`it says its language is \`${page.language}\``)
  if (page.headings.length !== 1 || !page.headings[0]) wrong.push(`it has ${page.headings.length} main headings: ${page.headings.join(' / ')}`)
  if (page.mains !== 1) wrong.push(`it has ${page.mains} main parts`)
  if (page.wider > 0) wrong.push(`it is ${page.wider} px too wide; look at ${page.widest.join(' and ')}`)
  if (page.lost.length > 0) wrong.push(`links lead to places that it lacks: #${page.lost.join(' #')}`)
  if (page.raw.length > 0) wrong.push(`it shows what is not for people: ${page.raw.slice(0, 3).join(', ')}`)
  if (page.clipped.length > 0) wrong.push(`words are cut off: ${page.clipped.join(' / ')}`)
  const fresh = [`${name}`, ...page.parts].map((part) => `${device} ${part}`).filter((part) => !looked.has(part))
  if (fresh.length > 0) {
    fresh.forEach((part) => looked.add(part))
    wrong.push(...(await violations(who.page, device)))
  }
  return { wrong, looked: fresh.length > 0 }
}
