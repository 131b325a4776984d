// Members of the public on the real Bluesky servers, and what anyone could read there.
import { until } from './until.mjs'

function network() {
  if (!process.env.BLUELAMP_TEST_BLUESKY) throw new Error('no Bluesky servers: run under `scripts/with-servers bluesky -- …`')
  return JSON.parse(process.env.BLUELAMP_TEST_BLUESKY)
}

async function call(base, method, { params, body, token, raw, type } = {}) {
  const url = new URL(`/xrpc/${method}`, base)
  for (const [key, value] of Object.entries(params ?? {})) url.searchParams.set(key, value)
  const response = await fetch(url, {
    method: body || raw ? 'POST' : 'GET',
    headers: {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(raw ? { 'content-type': type } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: raw ?? (body && JSON.stringify(body)),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  if (!response.ok) throw Object.assign(new Error(`${method}: ${response.status} ${text}`), { status: response.status })
  return text ? JSON.parse(text) : {}
}

export const servers = network

// An account on the test network, its password known: a force's, or a member of the public's.
export async function join(handle) {
  const { pds } = network()
  const password = `invented-${handle}`
  const { did, accessJwt } = await call(pds, 'com.atproto.server.createAccount', {
    body: { email: `${handle}@example.com`, handle: `${handle}.test`, password },
  })
  const create = (collection, record) =>
    call(pds, 'com.atproto.repo.createRecord', { token: accessJwt, body: { repo: did, collection, record: { $type: collection, createdAt: new Date().toISOString(), ...record } } })
  const remove = (uri) =>
    call(pds, 'com.atproto.repo.deleteRecord', { token: accessJwt, body: { repo: did, collection: uri.split('/')[3], rkey: uri.split('/')[4] } })
  return {
    did, handle: `${handle}.test`, password, pds,
    // What a force gives to a program in place of its password; `privileged` lets it read private messages.
    appPassword: async (name) =>
      (await call(pds, 'com.atproto.server.createAppPassword', { token: accessJwt, body: { name, privileged: true } })).password,
    post: (text, more = {}) => create('app.bsky.feed.post', { text, ...more }),
    reply: (to, text, root = to) =>
      create('app.bsky.feed.post', { text, reply: { root: { uri: root.uri, cid: root.cid }, parent: { uri: to.uri, cid: to.cid } } }),
    remove,
  }
}

// What the public sees: through the application view, never through the account's own server.
export const feed = async (did) => (await call(network().bsky, 'app.bsky.feed.getAuthorFeed', { params: { actor: did, limit: 50 } })).feed.map((it) => it.post)
export const thread = async (uri) => (await call(network().bsky, 'app.bsky.feed.getPostThread', { params: { uri, depth: 6 } })).thread

export const published = (did, text, { within = 30_000 } = {}) =>
  until(`a post "${text}" that the public can see`, async () => (await feed(did)).find((it) => it.record.text.includes(text)), { within, every: 200 })

export const gone = (uri, { within = 30_000 } = {}) =>
  until(`${uri} is gone for the public`, async () => {
    try {
      await thread(uri)
      return false
    } catch (error) {
      return error.status === 400 && /NotFound/.test(error.message)
    }
  }, { within, every: 200 })
