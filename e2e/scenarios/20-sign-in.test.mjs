// Coming in for the first time, and again: a passkey by the one-time link, a password with an authenticator app, and
// every session seen and ended.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { accessible } from '../lib/accessible.mjs'
import { openBrowser, person, picture, wellMade } from '../lib/browser.mjs'
import { installation, serve } from '../lib/force.mjs'
import { passkey } from '../lib/passkey.mjs'

const ending = []
const file = { after: (job) => ending.push(job) }
const password = 'marmalade tractor eleven'

// What an authenticator app shows: RFC 6238 with SHA-1, six digits, thirty seconds.
function code(secret, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret.replaceAll(/\s/g, '')].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const mac = createHmac('sha1', key).update(step).digest()
  const start = mac[19] & 15
  return String((mac.readUInt32BE(start) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

describe('signing in', () => {
  let place
  let link
  let program
  let browser

  before(async () => {
    place = await installation(file, 'sign-in', { mail: false })
    const said = place.run(['force', 'add', 'exampleshire', '--title', 'Exampleshire Police', '--pack', 'leicestershire', '--administrator', 'first@exampleshire.example']).text
    link = said.match(/https?:\/\/\S+\/invite\/\S+/)?.[0]
    assert.ok(link, `no link was printed: ${said}`)
    program = await serve(file, place)
    browser = await openBrowser(file)
  }, { timeout: 120_000 })
  after(async () => {
    for (const job of ending.reverse()) await job()
  })

  test('the first administrator makes a passkey by the one-time link, and signs in with it again', async (t) => {
    const who = await person(t, browser)
    await who.page.goto(link)
    await wellMade(who)
    await accessible(who)
    await picture(who, 'invite')
    const key = await passkey(who)
    await who.page.getByRole('button', { name: /make a passkey/i }).click()
    await who.page.waitForURL(/\/me/)
    assert.equal((await key.credentials()).length, 1)
    await accessible(who)
    await picture(who, 'me', { whole: true })

    await who.page.getByText('First administrator').first().click()
    await who.page.getByRole('button', { name: 'Sign out' }).click()
    await who.page.waitForURL(/\/sign-in/)
    await accessible(who)
    await picture(who, 'sign-in')
    await key.verifies(false)
    await who.page.getByRole('button', { name: /sign in with a passkey/i }).click()
    await who.page.getByText(/try again/i).waitFor()
    assert.match(who.page.url(), /\/sign-in/, 'whoever fails their fingerprint stays outside')
    await key.verifies(true)
    await who.page.getByRole('button', { name: /sign in with a passkey/i }).click()
    await who.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
    who.noFaults()
  })

  test('the link has worked once', async (t) => {
    const who = await person(t, browser)
    const answer = await who.page.goto(link)
    assert.equal(answer.status(), 404)
    await accessible(who)
  })

  test('someone who is invited comes in without JavaScript, with a password and an app, and their session is ended by another', async (t) => {
    const admin = await person(t, browser, { name: 'administrator' })
    const key = await passkey(admin)
    const again = place.run(['force', 'add', 'othershire', '--title', 'Othershire Police', '--pack', 'leicestershire', '--administrator', 'admin@othershire.example']).text
    await admin.page.goto(again.match(/https?:\/\/\S+\/invite\/\S+/)[0])
    await admin.page.getByRole('button', { name: /make a passkey/i }).click()
    await admin.page.waitForURL(/\/me/)
    assert.equal((await key.credentials()).length, 1)
    await admin.page.goto(`${program.url}/people/new`)
    await accessible(admin)
    await picture(admin, 'people-new')
    await admin.page.getByLabel('Full name').fill('Person two')
    await admin.page.getByLabel('Work e-mail').fill('two@othershire.example')
    await admin.page.getByLabel(/^Publisher/).check()
    await admin.page.getByRole('button', { name: /invite/i }).click()
    const theirs = await admin.page.locator('#link').textContent()
    await accessible(admin)
    await picture(admin, 'person', { whole: true })

    const two = await person(t, browser, { name: 'two', device: 'phone', script: false })
    await two.page.goto(theirs)
    await two.page.getByText('Use a password and an authenticator app instead').click()
    await two.page.getByLabel('Password', { exact: true }).fill(password)
    await two.page.getByLabel('The same password again').fill(password)
    await two.page.getByRole('button', { name: 'Continue' }).click()
    const secret = await two.page.locator('main code').first().textContent()
    await picture(two, 'enrol-app')
    await two.page.getByLabel('Code that the app shows').fill(code(secret))
    await two.page.getByRole('button', { name: 'Finish' }).click()
    assert.equal(await two.page.locator('ol code').count(), 10)
    await picture(two, 'recovery-codes')
    await two.page.goto(`${program.url}/me`)
    await wellMade(two)

    await admin.page.goto(`${program.url}/security/sessions`)
    await accessible(admin)
    await picture(admin, 'sessions')
    await admin.page.locator('tr', { hasText: 'Person two' }).getByRole('button', { name: 'No longer used' }).click()
    await admin.page.waitForLoadState()
    await two.page.goto(`${program.url}/me`)
    assert.match(two.page.url(), /\/sign-in/, 'the next request is refused')
    admin.noFaults()
    two.noFaults()
  })
})
