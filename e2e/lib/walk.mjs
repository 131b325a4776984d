// Finds the pages a person can reach by following links, so that no list of pages has to be kept by hand.

// /desk/0198c1…?open=0198c2… and its like are one page: /desk/:id?open=:id
export function kind(url) {
  const { pathname, searchParams } = new URL(url)
  const id = (text) => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, ':id').replace(/\/clauses\/[^/]+/, '/clauses/:clause').replace(/\b\d{2,}\b/g, ':n')
  // Filters, sorting and paging do not make another page; what is open does.
  const shown = [...searchParams.keys()].filter((key) => ['open', 'step', 'tab'].includes(key)).sort()
  return id(pathname) + (shown.length > 0 ? `?${shown.map((key) => `${key}=:id`).join('&')}` : '')
}

// Follows links breadth first from `starts` and returns what it found: `samples` addresses of each kind of page (a draft and
// a live post have addresses of one kind), each with how it answered and which page first led there. Links that are not
// followed end a session or bring a file. `visit` is called with each page while it is open.
export async function walk(who, starts, { samples = 2, limit = 120, visit = async () => {}, skip = /\/(sign-out|events)\b|\.(csv|json|zip)$|^\/(api|assets)\/|\/checkpoint$|\/original$/ } = {}) {
  const origins = new Set(starts.map((start) => new URL(start).origin))
  const found = new Map()
  const asked = new Set()
  const queue = starts.map((url) => ({ url, from: 'the start' }))
  while (queue.length > 0 && found.size < limit) {
    const { url, from } = queue.shift()
    const name = kind(url)
    const known = [...found.values()].filter((page) => page.name === name).length
    if (asked.has(url) || known >= (name.includes(':') ? samples : 1)) continue
    asked.add(url)
    const answer = await who.page.goto(url, { waitUntil: 'domcontentloaded' })
    const page = { name, url, from, status: answer?.status() ?? 0 }
    found.set(url, page)
    if (!/text\/html/.test(answer?.headers()['content-type'] ?? '')) continue
    const links = await who.page.evaluate(() => [...document.querySelectorAll('a[href]:not([download])')].map((it) => it.href))
    for (const link of links) {
      const to = new URL(link)
      to.hash = ''
      if (origins.has(to.origin) && !skip.test(to.pathname) && !asked.has(to.href)) queue.push({ url: to.href, from: name })
    }
    await visit(page)
  }
  return [...found.values()]
}

export const fileName = (name) => name.replace(/^\//, '').replace(/[/?=&:]+/g, '-').replace(/-$/, '') || 'front'
