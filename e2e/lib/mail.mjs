// What arrived by e-mail: the receiver of `scripts/with-servers smtp` keeps each message as a file.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './until.mjs'

export function mailServer() {
  const address = process.env.BLUELAMP_TEST_SMTP
  if (!address) throw new Error('no mail receiver: run under `scripts/with-servers smtp -- …`')
  const [host, port] = address.split(':')
  return { host, port: Number(port) }
}

function decode(body, encoding) {
  if (/base64/i.test(encoding)) return Buffer.from(body.replace(/\s/g, ''), 'base64').toString('utf8')
  if (!/quoted-printable/i.test(encoding)) return body
  const bytes = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

export function parse(raw) {
  const [, head, body] = raw.replace(/\r\n/g, '\n').match(/^([\s\S]*?)\n\n([\s\S]*)$/) ?? [null, raw, '']
  const headers = {}
  for (const line of head.replace(/\n[ \t]+/g, ' ').split('\n')) {
    const at = line.indexOf(':')
    if (at > 0) headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim()
  }
  const boundary = headers['content-type']?.match(/boundary="?([^";]+)/)?.[1]
  const text = boundary
    ? body.split(`--${boundary}`).slice(1, -1).map((part) => parse(part.replace(/^\n/, '')).text).join('\n')
    : decode(body, headers['content-transfer-encoding'] ?? '')
  return { headers, to: headers['x-rcptto'] ?? headers.to ?? '', subject: headers.subject ?? '', text }
}

export function mails() {
  const folder = join(process.env.BLUELAMP_TEST_SMTP_DIR, 'new')
  return readdirSync(folder).sort().map((name) => parse(readFileSync(join(folder, name), 'latin1')))
}

export const mailTo = (address, about, { within = 20_000 } = {}) =>
  until(`an e-mail to ${address} about ${about}`, () => mails().find((it) => it.to.includes(address) && about.test(it.subject)), { within })
