// `make run` as the person sees it who tries Bluelamp for the first time.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { before, after, describe, test } from 'node:test'
import { accessible } from '../lib/accessible.mjs'
import { openBrowser, person, picture, wellMade } from '../lib/browser.mjs'
import { as, personas } from '../lib/demo.mjs'
import { demonstration } from '../lib/program.mjs'
import { until } from '../lib/until.mjs'
import { fileName, walk } from '../lib/walk.mjs'

// node:test hands each test its own context; what the whole file shares is cleaned up here.
const ending = []
const file = { after: (job) => ending.push(job) }

describe('the demonstration', () => {
  let demo
  let browser

  before(async () => {
    demo = await demonstration(file)
    browser = await openBrowser(file)
  }, { timeout: 180_000 })
  after(async () => {
    for (const job of ending.reverse()) await job()
  })

  test('prints one address, on loopback', () => {
    const addresses = [...new Set(demo.said.match(/https?:\/\/[^\s/]+/g))]
    assert.equal(addresses.length, 1, `it printed ${addresses}`)
    assert.match(addresses[0], /^http:\/\/(localhost|127\.0\.0\.1):\d+$/)
  })

  test('answers only to its own name, so that no page elsewhere can reach it by another', async () => {
    const { port } = new URL(demo.url)
    const status = await new Promise((done, failed) => {
      request({ host: '127.0.0.1', port, path: '/demo', headers: { host: 'elsewhere.example' } }, (answer) => {
        answer.resume()
        done(answer.statusCode)
      }).on('error', failed).end()
    })
    assert.ok(status >= 400 && status < 500, `a foreign Host header was answered with ${status}`)
  })

  test('offers people of every role, and each opens on a page of their own with a day behind it', async (t) => {
    const who = await person(t, browser)
    const names = await personas(who, demo)
    assert.ok(names.length >= 4, `only ${names.length} people to be: ${names}`)
    await accessible(who)
    await picture(who, 'demo-chooser')
    for (const name of names) {
      const one = await as(t, browser, demo, name)
      await wellMade(one)
      one.noFaults()
      await one.context.close()
    }
  })

  test('new messages arrive by themselves, and the desk says so without moving what is being read', async (t) => {
    const who = await as(t, browser, demo, /duty|desk|operator/i)
    await who.page.goto(`${demo.url}/desk`)
    const first = await who.page.locator('[data-row]').first().getAttribute('data-row')
    assert.ok(first, 'the desk has a day of history')
    await until('the desk says that messages came in', () => who.page.locator('[data-new-bar]:visible, #alert-bar:visible').count(), { within: 60_000 })
    who.noFaults()
  })

  // Not held yet for every page of every role: what it finds is reported, and listed as still to do.
  const todo = 'the newest pages have not all been walked on every screen'
  test('every page that a link leads to is sound and accessible on every screen', { timeout: 600_000, todo }, async (t) => {
    const guide = await person(t, browser)
    const roles = await personas(guide, demo)
    const seen = new Map()
    for (const role of roles) {
      const who = await as(t, browser, demo, role)
      for (const page of await walk(who, who.page.url())) {
        assert.ok(page.status < 400 || page.status === 403, `${page.url} answered ${role} with ${page.status}`)
        if (page.status < 300 && !seen.has(page.name)) seen.set(page.name, { ...page, role })
      }
      who.noFaults()
      await who.context.close()
    }
    assert.ok(seen.size >= 8, `only ${seen.size} kinds of page were found: ${[...seen.keys()]}`)
    t.diagnostic(`${seen.size} kinds of page: ${[...seen.keys()].join(' ')}`)
    for (const device of ['wide', 'desk', 'dark', 'phone']) {
      for (const role of roles) {
        const mine = [...seen.values()].filter((it) => it.role === role)
        if (mine.length === 0) continue
        const who = await as(t, browser, demo, role, { device })
        for (const page of mine) {
          await t.test(`${page.name} on ${device}`, { todo }, async () => {
            await who.page.goto(page.url)
            await picture(who, fileName(page.name))
            await wellMade(who)
            await accessible(who)
          })
        }
        await t.test(`${role} on ${device} saw no fault`, { todo }, () => who.noFaults())
        await who.context.close()
      }
    }
  })

  test('works without JavaScript: a message is opened, claimed and noted by links and forms alone', async (t) => {
    const who = await as(t, browser, demo, /duty|desk|operator/i, { script: false })
    await who.page.goto(`${demo.url}/desk`)
    await who.page.locator('.bl-row__link').last().click()
    const claim = who.page.getByRole('button', { name: /^claim/i })
    if (await claim.count()) await claim.click()
    assert.match(await who.page.locator('.bl-talk__claim').innerText(), /you/i)
  })

  // Last, because it restarts the program under the others.
  test('starts again in under three seconds, with everything still there', async (t) => {
    const who = await as(t, browser, demo, /duty|desk|operator/i)
    await who.page.goto(`${demo.url}/desk`)
    const row = await who.page.locator('[data-row]').last().getAttribute('data-row')
    const stopped = await demo.stop()
    assert.equal(stopped.code, 0, 'it stops cleanly when asked')
    await demo.begin()
    assert.ok(demo.startedIn < 3_000, `it took ${demo.startedIn} ms`)
    const again = await as(t, browser, demo, /duty|desk|operator/i)
    await again.page.goto(`${demo.url}/desk?open=${row}`)
    assert.equal(await again.page.locator('[data-open]').count(), 1)
  })
})
