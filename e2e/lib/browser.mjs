// A person at a browser: Debian's Chromium, on the screens that pages.md promises, with everything that goes
// wrong in the page kept as a fault of the test.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { out } from './program.mjs'

export const devices = {
  wide: { viewport: { width: 1920, height: 1080 } },
  desk: { viewport: { width: 1440, height: 900 } },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
}

function program() {
  const path = process.env.BLUELAMP_CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(path)) throw new Error(`there is no browser at ${path}: run \`scripts/setup test\`, or name one in BLUELAMP_CHROMIUM`)
  return path
}

export async function openBrowser(t) {
  const browser = await chromium.launch({
    executablePath: program(),
    headless: true,
    args: [
      // Chromium's own sandbox cannot start as root, which is what a build machine often is.
      ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required',
    ],
  })
  t.after(() => browser.close())
  return browser
}

// One person with a browser of their own (cookies are not shared). `script: false` is a browser without JavaScript.
export async function person(t, browser, { device = 'desk', script = true, name = device } = {}) {
  const context = await browser.newContext({
    ...devices[device], locale: 'en-GB', timezoneId: 'Europe/London', javaScriptEnabled: script, acceptDownloads: true,
  })
  context.setDefaultTimeout(15_000)
  t.after(() => context.close().catch(() => {}))
  const page = await context.newPage()
  const faults = []
  // What the scenario provokes on purpose (a refusal is 422) is not a fault of the page.
  page.on('console', (said) => {
    if (said.type() === 'error' && !/status of 4\d\d/.test(said.text())) faults.push(`console: ${said.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
  page.on('response', (answer) => {
    if (answer.status() >= 500) faults.push(`${answer.status()} from ${answer.url()}`)
  })
  // Nothing a page needs may come from elsewhere, and nothing it shows may tell elsewhere that it was read.
  await context.route((url) => !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname), (route) => {
    faults.push(`asked ${route.request().url()}`)
    return route.abort()
  })
  return { name, device, script, context, page, faults, noFaults: () => assert.deepEqual(faults, [], `${name} saw faults in the page`) }
}

// A picture for people to look at: out/NAME.DEVICE.png
export async function picture(who, name, { whole = false } = {}) {
  mkdirSync(out, { recursive: true })
  await who.page.screenshot({ path: join(out, `${name}.${who.device}.png`), fullPage: whole, animations: 'disabled' })
}

// What every page owes everybody, whatever it shows.
export async function wellMade(who) {
  const facts = await who.page.evaluate((width) => ({
    title: document.title,
    language: document.documentElement.lang,
    headings: [...document.querySelectorAll('h1')].filter((it) => it.getClientRects().length > 0).length,
    // A phone's browser zooms out to fit what is too wide, so its own idea of the width is no measure.
    wider: document.documentElement.scrollWidth - Math.min(document.documentElement.clientWidth, width),
    widest: [...document.body.querySelectorAll('*')].filter((it) => it.getClientRects().length > 0 && it.getBoundingClientRect().right + scrollX > width + 1).map((it) => it.outerHTML.slice(0, 90)).slice(-3),
  }), who.page.viewportSize().width)
  const where = new URL(who.page.url()).pathname
  assert.ok(facts.title.trim(), `${where} has a title`)
  assert.equal(facts.language.slice(0, 2), 'en', `${where} says which language it is in`)
  assert.equal(facts.headings, 1, `${where} has one main heading`)
  // WCAG 1.4.10: no sideways scrolling of the page itself, on a phone least of all.
  assert.ok(facts.wider <= 0, `${where} is ${facts.wider} px wider than a ${who.device} screen; look at ${facts.widest.join(' and ')}`)
}
