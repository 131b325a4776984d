// WCAG 2.2 AA as far as a program can tell, by axe. People who use keyboards and screen readers find the rest.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

// What another screen can change of a page that was looked at whole on the first.
const onAnotherScreen = { wide: ['target-size', 'scrollable-region-focusable'], dark: ['color-contrast'] }

export async function violations(page, device) {
  // Through the debugger, as the pages' own policy (rightly) refuses a script put into them.
  if (!(await page.evaluate(() => typeof window.axe === 'object'))) await page.evaluate(`${axe}\n;undefined`)
  const only = onAnotherScreen[device] ? { type: 'rule', values: onAnotherScreen[device] } : { type: 'tag', values: standards }
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ['violations'] }), only)
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id} (${rule.impact}): ${rule.help}\n      at ${node.target.join(' ')}\n      ${node.html.slice(0, 160)}`),
  )
}

export async function accessible(who) {
  const found = await violations(who.page)
  assert.equal(found.length, 0, `${new URL(who.page.url()).pathname} on ${who.device} breaks WCAG 2.2 AA:\n    ${found.join('\n    ')}`)
}
