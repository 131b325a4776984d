// Every form, sent empty and sent full of nonsense, as a hurried person or a program would: the answer says what is wrong,
// where, and keeps what was typed. On a demonstration of its own, since nonsense that a form takes is done.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { openBrowser, person } from '../lib/browser.mjs'
import { as, personas } from '../lib/demo.mjs'
import { demonstration } from '../lib/program.mjs'
import { kind, walk } from '../lib/walk.mjs'

const ending = []
const file = { after: (job) => ending.push(job) }

// These end the visit, or the person's own work, and have nothing to fill in that could be wrong.
const notHere = /\/(sign-out|demo\/as|leave|end|revoke|remove)$|^\/sign-in|\/duty\//

// The forms of the page, each with the fields that a person fills in, once for every button that sends it elsewhere.
function forms() {
  const found = []
  for (const form of document.querySelectorAll('form[method="post"]')) {
    const fields = [...form.elements].filter((it) => it.name && !/^(hidden|submit|button|file|image)$/.test(it.type))
    if (fields.length === 0) continue
    const hidden = [...form.elements].filter((it) => it.type === 'hidden' && it.name).map((it) => [it.name, it.value])
    const buttons = [...form.querySelectorAll('button')].filter((it) => it.type === 'submit' && it.getAttribute('formenctype') !== 'multipart/form-data')
    for (const button of buttons.length > 0 ? buttons : [null]) {
      found.push({
        action: button?.hasAttribute('formaction') ? button.formAction : new URL(form.getAttribute('action') || location.href, location.href).href,
        page: location.href,
        hidden: [...hidden, ...(button?.name ? [[button.name, button.value]] : [])],
        fields: [...new Map(fields.map((it) => [it.name, { name: it.name, type: it.type, chosen: it.matches('select') ? it.value : it.checked ? it.value : null, written: it.matches('textarea, [type=text], [type=search], [type=email], [type=url]') }])).values()],
      })
    }
  }
  return found
}

const nonsense = { date: 'the 31st', time: 'late', number: 'many', email: 'nobody at all', url: 'nowhere' }

describe('every form', () => {
  let demo
  let browser

  before(async () => {
    demo = await demonstration(file)
    browser = await openBrowser(file)
  }, { timeout: 240_000 })
  after(async () => {
    for (const job of ending.reverse()) await job()
  })

  test('sent empty or full of nonsense says what is wrong and loses nothing', { timeout: 580_000 }, async (t) => {
    const roles = await personas(await person(t, browser), demo)
    const sent = new Set()
    const wrong = []
    let mended = 0
    for (const role of roles) {
      const who = await as(t, browser, demo, role)
      const todo = []
      const visit = async (page) => {
        if (page.status !== 200) return
        for (const form of await who.page.evaluate(forms)) {
          const name = `${kind(form.action)} ${form.hidden.filter(([key]) => key !== 'csrf').map(([key]) => key)}`
          if (notHere.test(new URL(form.action).pathname) || sent.has(name)) continue
          sent.add(name)
          todo.push(form)
        }
      }
      await walk(who, [who.page.url()], { visit })
      for (const form of todo) {
        for (const way of ['empty', 'nonsense']) {
          const where = `${kind(form.action)} sent ${way} from ${kind(form.page)} by ${role.replace(/^Be\s+/, '').split(/\n/)[0]}`
          const typed = []
          // A page that comes back has a new key; a repeat of one key is one request.
          const body = new URLSearchParams(form.hidden.map(([key, value]) => [key, key === 'key' ? randomUUID() : value]))
          for (const field of form.fields) {
            // A list or a choice can be left as it is, and not be typed into.
            if (/select|checkbox|radio/.test(field.type)) {
              if (field.chosen !== null && (way === 'nonsense' || field.type === 'select-one')) body.append(field.name, field.chosen)
              continue
            }
            const said = way === 'empty' ? '' : (nonsense[field.type] ?? `not ${field.name} <b>at all</b>`)
            body.append(field.name, said)
            if (way === 'nonsense' && field.written && !nonsense[field.type]) typed.push(field.name)
          }
          const answer = await who.context.request.post(form.action, {
            data: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: demo.url }, maxRedirects: 0,
          })
          const status = answer.status()
          const text = await answer.text()
          if (status >= 500) wrong.push(`${where}: ${status}`)
          if (status < 400) continue
          mended += 1
          if (![403, 422].includes(status)) wrong.push(`${where}: answered with ${status}`)
          if (!/govuk-error-summary|bl-refusal/.test(text)) wrong.push(`${where}: ${status} without a summary of what is wrong`)
          // What is not offered any more (the comment is gone since) has no form to keep anything in.
          const offered = text.includes(`action="${new URL(form.action).pathname}`)
          for (const name of offered ? typed : []) {
            if (!text.includes(`not ${name} &lt;b&gt;at all&lt;/b&gt;`) && !text.includes(`not ${name} &#60;b&#62;at all&#60;/b&#62;`)) wrong.push(`${where}: what was typed into \`${name}\` is lost`)
          }
        }
      }
      who.noFaults()
      await who.context.close()
    }
    t.diagnostic(`${sent.size} forms, ${mended} answers that ask for something to be mended`)
    assert.ok(sent.size >= 25, `only ${sent.size} forms were found: ${[...sent]}`)
    assert.ok(mended >= 15, `only ${mended} answers asked for anything to be mended`)
    assert.equal(wrong.length, 0, `${wrong.length} faults:\n    ${wrong.join('\n    ')}`)
  })
})
