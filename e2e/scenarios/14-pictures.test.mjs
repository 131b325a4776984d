// The pictures of README.md, each with the stand that it shows made by a person's own hands first. `make pictures` copies
// them from e2e/out/pictures to docs/pictures.
import assert from 'node:assert/strict'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openBrowser, person } from '../lib/browser.mjs'
import { as } from '../lib/demo.mjs'
import { demonstration, out } from '../lib/program.mjs'
import { until } from '../lib/until.mjs'

const ending = []
const file = { after: (job) => ending.push(job) }
const folder = join(out, 'pictures')
const size = { width: 1280, height: 800 }

describe('the pictures of README', () => {
  let demo
  let browser

  before(async () => {
    demo = await demonstration(file)
    browser = await openBrowser(file)
    mkdirSync(folder, { recursive: true })
  }, { timeout: 240_000 })
  after(async () => {
    for (const job of ending.reverse()) await job()
  })

  const shown = async (who, name) => {
    const path = join(folder, `${name}.png`)
    await who.page.evaluate(() => document.fonts.ready)
    await who.page.screenshot({ path, animations: 'disabled' })
    assert.ok(statSync(path).size < 400_000, `${name}.png has ${statSync(path).size} bytes; a picture of README stays under 400 kB`)
  }
  const at = async (t, words, settings) => {
    const who = await as(t, browser, demo, words, settings)
    if (who.device !== 'phone') await who.page.setViewportSize(size)
    return who
  }

  test('the desk with an alert that nobody has acknowledged, and a conversation with the words that made it so', { timeout: 180_000 }, async (t) => {
    const who = await at(t, /desk operator/i)
    await until('an alert stands on the page', async () => {
      await who.page.goto(`${demo.url}/desk`)
      return who.page.locator('.bl-alert').count()
    }, { within: 90_000, every: 1_000 })
    await shown(who, 'desk')
    await who.page.locator('.bl-alert a').first().click()
    await who.page.locator('#talk mark').first().waitFor()
    // What has been dealt with leaves the bar, and the conversation has the page.
    for (const left of Array.from({ length: 12 })) {
      if ((await who.page.locator('.bl-alert__ack').count()) < 2) break
      await who.page.locator('.bl-alert__ack').last().click()
      await who.page.waitForLoadState()
    }
    await shown(who, 'conversation')
    who.noFaults()
  })

  test('the desk on a phone', { timeout: 120_000 }, async (t) => {
    const who = await at(t, /desk operator/i, { device: 'phone' })
    await who.page.setViewportSize({ width: 390, height: 720 })
    await who.page.goto(`${demo.url}/desk`)
    await who.page.locator('.bl-row').first().waitFor()
    await shown(who, 'phone')
  })

  test('the composer, with a remark that someone must agree to', { timeout: 120_000 }, async (t) => {
    const who = await at(t, /communications officer/i)
    await who.page.goto(`${demo.url}/publishing/new`)
    await who.page.locator('#text').fill('Is this bicycle yours? It was handed in at the Larkspur estate on Tuesday with its lights still on. Tell the finder what is written on its frame: finder@larkspur.example')
    await who.page.locator('input[name="account"]').first().check()
    await who.page.locator('#purpose').selectOption({ index: 1 })
    await who.page.locator('.bl-rating.is-amber').waitFor({ timeout: 40_000 })
    assert.ok((await who.page.locator('.bl-remark.is-amber').count()) > 0, 'amber says why')
    await shown(who, 'composer')
    who.noFaults()
  })

  test('compliance, the register and the public page', { timeout: 120_000 }, async (t) => {
    const dev = await at(t, /head of corporate communications/i)
    for (const [path, name] of [['/assurance', 'compliance'], ['/accounts', 'register']]) {
      await dev.page.goto(`${demo.url}${path}`)
      await shown(dev, name)
    }
    dev.noFaults()
    const anyone = await person(t, browser)
    await anyone.page.setViewportSize(size)
    await anyone.page.goto(`http://localhost:${Number(new URL(demo.url).port) + 1}/public/exampleshire`)
    await shown(anyone, 'public')
    anyone.noFaults()
  })
})
