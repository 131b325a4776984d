// The whole Bluesky network in one process: directory (PLC), data server (PDS), application view, moderation
// service (Ozone) and sync. Started by `start`, which gives it a database, a Redis and this environment:
// DB_POSTGRES_URL, REDIS_HOST. Prints one line of JSON with the addresses, and stops at SIGTERM.
import { TestNetwork } from '@atproto/dev-env'

let network
let stopping = false

async function stop() {
  if (stopping) return
  stopping = true
  // The servers have been seen to take 3 s; a run must not hang on them.
  setTimeout(() => process.exit(0), 10_000).unref()
  await network?.close().catch((error) => console.error('while stopping:', error))
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

// Their loggers and some of their code write to standard output; ours is for the one line.
const answer = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr)

network = await TestNetwork.create({
  pds: { hostname: 'localhost' },
  bsky: { dbPostgresSchema: 'bsky' },
  ozone: { dbPostgresSchema: 'ozone' },
})

answer(
  JSON.stringify({
    plc: network.plc.url,
    pds: network.pds.url,
    bsky: network.bsky.url,
    ozone: network.ozone.url,
    ozoneDid: network.ozone.ctx.cfg.service.did,
    admin: 'admin:admin-pass',
  }) + '\n',
)
