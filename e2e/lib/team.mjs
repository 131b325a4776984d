// The people of a force that runs for real: invited by page, each with a browser and a passkey of their own.
import assert from 'node:assert/strict'
import { mailTo } from './mail.mjs'
import { person } from './browser.mjs'
import { passkey } from './passkey.mjs'

// Whoever opens the one-time link makes a passkey and is in.
export async function comesIn(t, browser, link, settings = {}) {
  const who = await person(t, browser, settings)
  await passkey(who)
  await who.page.goto(link)
  await who.page.getByRole('button', { name: /make a passkey/i }).click()
  await who.page.waitForURL(/\/me/)
  return who
}

// The administrator invites someone; `roles` are the roles' labels.
export async function invite(admin, url, { name, email, roles, kind }) {
  await admin.page.goto(`${url}/people/new`)
  await admin.page.getByLabel('Full name').fill(name)
  await admin.page.getByLabel('Work e-mail').fill(email)
  if (kind) await admin.page.getByLabel('Kind').selectOption(kind)
  for (const role of roles) await admin.page.getByLabel(role, { exact: true }).check()
  await admin.page.getByRole('button', { name: /invite/i }).click()
  // Where mail is set up the link goes to them alone, and nobody else sees it.
  const link = (await mailTo(email, /your way in/i)).text.match(/https?:\/\/\S+\/invite\/\S+/)?.[0]
  assert.ok(link, `the mail to ${email} holds no link`)
  return { link }
}
