// Passkeys: what the server starts, the authenticator answers, the server finishes. Binary fields travel as base64url.
//   POST {base}/start  ({} or {name})      → {publicKey: …}
//   POST {base}/finish (the credential)    → {location} or nothing
import { csrf } from './page.js'

const ENDPOINTS = { 'sign-in': '/sign-in/passkey', register: '/me/passkeys' }

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

async function send(url, body) {
  const answer = await fetch(url, {
    method: 'POST', body: JSON.stringify(body), credentials: 'same-origin',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': csrf() },
  })
  const told = (answer.headers.get('content-type') ?? '').includes('json') ? await answer.json() : null
  if (!answer.ok) throw new Error(told?.detail ?? told?.title ?? 'That did not work. Try again, or use another way to sign in.')
  return told
}

function options(told) {
  const key = structuredClone(told.publicKey)
  key.challenge = toBytes(key.challenge)
  if (key.user) key.user.id = toBytes(key.user.id)
  for (const list of ['allowCredentials', 'excludeCredentials']) {
    for (const known of key[list] ?? []) known.id = toBytes(known.id)
  }
  return { publicKey: key }
}

function answerOf(credential) {
  const { response } = credential
  const parts = {}
  for (const field of ['attestationObject', 'clientDataJSON', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[field]) parts[field] = toText(response[field])
  }
  if (response.getTransports) parts.transports = response.getTransports()
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: parts, extensions: credential.getClientExtensionResults() }
}

async function run(box, kind) {
  const says = box.querySelector('[data-passkey-says]')
  const button = box.querySelector('[data-passkey-go]')
  const say = (sentence) => { if (says) says.textContent = sentence }
  button.disabled = true
  say('Waiting for your passkey…')
  try {
    const base = ENDPOINTS[kind]
    const name = box.querySelector('[data-passkey-name]')?.value
    const asked = options(await send(`${base}/start`, name === undefined ? {} : { name }))
    const credential = kind === 'register' ? await navigator.credentials.create(asked) : await navigator.credentials.get(asked)
    const told = await send(`${base}/finish`, answerOf(credential))
    say('Done.')
    const to = new URL(told?.location ?? box.dataset.back ?? '/', location.href)
    location.assign(to.origin === location.origin ? to.href : '/')
  } catch (error) {
    const refusals = { NotAllowedError: 'No passkey was given. Try again, or use another way below.', InvalidStateError: 'This device already has a passkey here.' }
    say(refusals[error.name] ?? error.message)
    button.disabled = false
  }
}

export function startPasskeys() {
  if (!('PublicKeyCredential' in window)) return
  for (const box of document.querySelectorAll('[data-passkey]')) {
    box.hidden = false
    box.querySelector('[data-passkey-go]').addEventListener('click', () => run(box, box.dataset.passkey))
  }
}
