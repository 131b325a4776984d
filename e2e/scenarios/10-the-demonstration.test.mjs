// `make run` as the person sees it who tries Bluelamp for the first time.
import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { before, after, describe, test } from 'node:test'
import { accessible } from '../lib/accessible.mjs'
import { devices, openBrowser, person, picture, wellMade } from '../lib/browser.mjs'
import { as, personas } from '../lib/demo.mjs'
import { demonstration, out } from '../lib/program.mjs'
import { faultsOf } from '../lib/sound.mjs'
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

  test('every page that a link leads to is sound and accessible on every screen', { timeout: 580_000 }, async (t) => {
    const visitor = await person(t, browser)
    const roles = await personas(visitor, demo)
    const looked = new Set()
    const kinds = new Map()
    const wrong = []
    let visits = 0
    const began = Date.now()

    // One reader's pages: found by following links, then each on the four screens of pages.md.
    const read = async (role, wide, phone, starts) => {
      const visit = async (page) => {
        const says = (device, what) => {
          wrong.push(`${page.name} for ${role}${device ? ` on ${device}` : ''}: ${what}`)
          // Also as it is found: a walk that runs out of time still says what it saw.
          appendFileSync(join(out, 'walk.txt'), `${wrong.at(-1)}\n`)
        }
        if (page.status !== 200) {
          says('', `answered with ${page.status}, and ${page.from} leads there`)
          return
        }
        const first = !kinds.has(page.name)
        kinds.set(page.name, (kinds.get(page.name) ?? new Set()).add(role))
        // What another reader's page of that kind may have more of shows on the widest screen and the narrowest.
        for (const device of first ? ['wide', 'desk', 'dark', 'phone'] : ['wide', 'phone']) {
          const who = device === 'phone' ? phone : wide
          if (device !== 'phone') {
            await who.page.setViewportSize(devices[device].viewport)
            await who.page.emulateMedia({ colorScheme: devices[device].colorScheme ?? 'light', reducedMotion: 'reduce' })
          }
          if (device === 'phone') await who.page.goto(page.url, { waitUntil: 'domcontentloaded' })
          const found = await faultsOf(who, page.name, device, looked)
          found.wrong.forEach((what) => says(device, what))
          if (first) await picture({ ...who, device }, fileName(page.name))
          visits += 1
        }
      }
      await walk(wide, starts, { visit })
      for (const who of [wide, phone]) {
        who.faults.forEach((what) => wrong.push(`${role}: ${what}`))
        await who.context.close()
      }
    }

    const waiting = roles.map((role) => async () => {
      const wide = await as(t, browser, demo, role, { device: 'wide' })
      return read(role.replace(/^Be\s+/, '').split(/\n/)[0], wide, await as(t, browser, demo, role, { device: 'phone' }), [wide.page.url()])
    })
    // Nobody in particular: what stands before sign-in, and what the world may read.
    const open = `http://localhost:${Number(new URL(demo.url).port) + 1}/public/exampleshire`
    waiting.push(async () => read('the public', visitor, await person(t, browser, { device: 'phone' }), [`${demo.url}/sign-in`, `${demo.url}/demo`, `${demo.url}/help`, open, `${open}/embed`]))
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await next()
    }
    await Promise.all([worker(), worker()])

    t.diagnostic(`${kinds.size} kinds of page, ${visits} looks in ${Math.round((Date.now() - began) / 1000)} s: ${[...kinds].map(([name, who]) => `${name} (${who.size})`).join(' ')}`)
    assert.ok(kinds.size >= 35, `only ${kinds.size} kinds of page were found: ${[...kinds.keys()].join(' ')}`)
    assert.equal(wrong.length, 0, `${wrong.length} faults:\n    ${wrong.slice(0, 80).join('\n    ')}`)
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
