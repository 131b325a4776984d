// Who is who in the demonstration: the chooser of personas stands in for sign-in there.
import assert from 'node:assert/strict'
import { person } from './browser.mjs'

export async function personas(who, program) {
  await who.page.goto(`${program.url}/demo`)
  return who.page.getByRole('main').getByRole('button').allInnerTexts()
}

// A browser in which the persona whose button matches `words` is at work.
export async function as(t, browser, program, words, settings = {}) {
  const who = await person(t, browser, { name: String(words), ...settings })
  await who.page.goto(`${program.url}/demo`)
  await who.page.getByRole('main').getByRole('button', { name: words }).first().click()
  await who.page.waitForURL((url) => url.pathname !== '/demo')
  // With the width of a phone the name folds away; the menu that holds it is there on every screen.
  assert.equal(await who.page.locator('.bl-person').count(), 1, 'choosing a persona opens their first page')
  return who
}
