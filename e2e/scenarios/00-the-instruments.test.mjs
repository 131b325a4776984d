// Do the instruments measure? Each is shown something planted before it is trusted with the product.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { violations } from '../lib/accessible.mjs'
import * as bluesky from '../lib/bluesky.mjs'
import { openBrowser, person, wellMade } from '../lib/browser.mjs'
import { postgres } from '../lib/database.mjs'
import { mailServer, mailTo, parse } from '../lib/mail.mjs'
import { passkey } from '../lib/passkey.mjs'
import { seed, stream } from '../lib/random.mjs'
import { until } from '../lib/until.mjs'

async function site(t, pages, headers = {}) {
  const server = createServer((request, answer) => {
    const body = pages[request.url]
    answer.writeHead(body ? 200 : 500, { 'content-type': 'text/html; charset=utf-8', ...headers })
    answer.end(body ?? 'broken')
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  t.after(() => server.close())
  return `http://localhost:${server.address().port}`
}

const html = (body, more = '') => `<!doctype html><html lang="en"><head><title>A page</title>${more}</head><body><main><h1>A page</h1>${body}</main></body></html>`

test('the accessibility check finds a planted fault through a strict content policy, and passes a sound page', async (t) => {
  const url = await site(t, {
    '/good': html('<label for="a">Name</label><input id="a">'),
    '/bad': html('<input id="a"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
  }, { 'content-security-policy': "default-src 'self'; img-src data:" })
  const who = await person(t, await openBrowser(t))
  await who.page.goto(`${url}/good`)
  assert.deepEqual(await violations(who.page), [])
  await wellMade(who)
  await who.page.goto(`${url}/bad`)
  const found = (await violations(who.page)).map((it) => it.split(' ')[0]).sort()
  assert.deepEqual(found, ['image-alt', 'label'])
})

test('a page that is too wide for a phone, that fails in script or that asks the outside world is noticed', async (t) => {
  const url = await site(t, { '/': html('<p>ok</p>'), '/wide': html(`<pre>${'wide '.repeat(60)}</pre>`, '<meta name="viewport" content="width=device-width">'),
    '/broken': html('<script>nothing.there()</script><img src="/missing"><img src="http://elsewhere.example/a.png">') })
  const who = await person(t, await openBrowser(t), { device: 'phone' })
  await who.page.goto(url)
  who.noFaults()
  await who.page.goto(`${url}/wide`)
  await assert.rejects(wellMade(who), /wider than a phone screen/)
  await who.page.goto(`${url}/broken`)
  assert.equal(who.faults.filter((it) => it.startsWith('script: nothing')).length, 1)
  assert.ok(who.faults.some((it) => it.startsWith('500 from')))
  assert.ok(who.faults.includes('asked http://elsewhere.example/a.png'))
  assert.throws(() => who.noFaults(), /saw faults/)
})

test('the virtual passkey is made and used with user verification, and refuses when its person is not verified', async (t) => {
  const url = await site(t, { '/': html('<p>sign in</p>') })
  const who = await person(t, await openBrowser(t))
  await who.page.goto(url)
  const key = await passkey(who)
  const make = () => who.page.evaluate(async () => {
    const made = await navigator.credentials.create({ publicKey: {
      rp: { id: 'localhost', name: 'test' }, user: { id: new Uint8Array(8), name: 'a', displayName: 'a' }, challenge: new Uint8Array(32),
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }], authenticatorSelection: { userVerification: 'required', residentKey: 'required' } } })
    return made.id
  })
  const use = () => who.page.evaluate(async () =>
    (await navigator.credentials.get({ publicKey: { challenge: new Uint8Array(32), rpId: 'localhost', userVerification: 'required', timeout: 2000 } })).id)
  const id = await make()
  assert.equal((await key.credentials()).length, 1)
  assert.equal(await use(), id)
  await key.verifies(false)
  await assert.rejects(use(), /NotAllowedError/)
})

test('mail that is sent is found by recipient and subject, and a refused recipient is refused', async () => {
  const { host, port } = mailServer()
  const send = (to, subject) => new Promise((done, failed) => {
    const lines = ['EHLO e2e', 'MAIL FROM:<a@example.com>', `RCPT TO:<${to}>`, 'DATA', `Subject: ${subject}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9=\r\n!\r\n.`, 'QUIT']
    const heard = []
    const socket = createConnection(port, host)
    socket.setTimeout(10_000, () => failed(new Error('no answer from the mail receiver')))
    socket.on('error', failed).on('data', (piece) => {
      if (!/^\d{3} .*\r\n$/m.test(String(piece))) return
      heard.push(Number(String(piece).slice(0, 3)))
      // Once refused, a client says goodbye; lines of a message sent as commands would have it cut off.
      if (heard.at(-1) >= 400) lines.splice(0, lines.length - 1)
      if (lines.length > 0) socket.write(`${lines.shift()}\r\n`)
      else socket.end()
    }).on('close', () => done(heard))
  })
  await send('duty@example.com', 'an alert')
  assert.equal((await mailTo('duty@example.com', /alert/)).text.trim(), 'café!')
  assert.ok((await send('refuse@example.com', 'an alert')).includes(550))
  assert.ok((await send('defer@example.com', 'an alert')).includes(451))
  assert.equal(parse('Subject: x\n\nbody').text, 'body')
})

test('a scenario has a PostgreSQL database of its own, whose running role may not make tables', (t) => {
  const own = postgres(t, 'instruments')
  assert.equal(own.ask('SELECT current_database()').split('_')[0], 'e2e')
  assert.equal(own.ask("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = 'bluelamp_app'"), 'f')
  assert.equal(own.ask("SELECT has_schema_privilege('bluelamp_app', 'public', 'CREATE')"), 'f')
})

test('on the Bluesky servers a post is seen by the public, answered, and gone when removed', async () => {
  const chance = stream('instruments')
  const force = await bluesky.join(`force-${chance.word(6)}`)
  const public_ = await bluesky.join(`pub-${chance.word(6)}`)
  const post = await force.post('The road is closed')
  const seen = await bluesky.published(force.did, 'The road is closed')
  assert.equal(seen.uri, post.uri)
  await public_.reply(post, 'Which road?')
  await until('the reply stands under the post', async () => (await bluesky.thread(post.uri)).replies?.[0]?.post.record.text === 'Which road?', { within: 20_000 })
  await force.remove(post.uri)
  await bluesky.gone(post.uri)
})

test('the same seed gives the same choices', () => {
  const draw = () => { const chance = stream('x'); return [chance.below(1000), chance.word(5), chance.between(3, 9)] }
  assert.deepEqual(draw(), draw())
  assert.notDeepEqual(draw(), (() => { const chance = stream('y'); return [chance.below(1000), chance.word(5), chance.between(3, 9)] })())
  assert.ok(Number.isInteger(seed))
})
