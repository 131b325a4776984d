// Finds the pages a person can reach by following links, so that no list of pages has to be kept by hand.

// /desk/0198c1…?open=0198c2… and its like are one page: /desk/:id?open=:id
export function kind(url) {
  const { pathname, searchParams } = new URL(url)
  const id = (text) => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, ':id').replace(/\b\d{2,}\b/g, ':n')
  // Filters, sorting and paging do not make another page; what is open does.
  const shown = [...searchParams.keys()].filter((key) => ['open', 'step', 'tab'].includes(key)).sort()
  return id(pathname) + (shown.length > 0 ? `?${shown.map((key) => `${key}=:id`).join('&')}` : '')
}

// Follows links breadth first from `start` and returns one address for each kind of page, with how it answered.
export async function walk(who, start, { limit = 60, skip = /\/(sign-out|events)\b|\.(csv|json|zip)$|^\/(api|assets)\// } = {}) {
  const origin = new URL(start).origin
  const found = new Map()
  const queue = [start]
  while (queue.length > 0 && found.size < limit) {
    const url = queue.shift()
    const name = kind(url)
    if (found.has(name)) continue
    const answer = await who.page.goto(url, { waitUntil: 'domcontentloaded' })
    found.set(name, { name, url, status: answer?.status() ?? 0 })
    if (!/text\/html/.test(answer?.headers()['content-type'] ?? '')) continue
    const links = await who.page.evaluate(() => [...document.querySelectorAll('a[href]:not([download])')].map((it) => it.href))
    for (const link of links) {
      const to = new URL(link)
      to.hash = ''
      if (to.origin === origin && !skip.test(to.pathname) && !found.has(kind(to.href))) queue.push(to.href)
    }
  }
  return [...found.values()]
}

export const fileName = (name) => name.replace(/^\//, '').replace(/[/?=&:]+/g, '-').replace(/-$/, '') || 'front'
