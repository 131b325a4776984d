// A force that runs Bluelamp for real: its settings file, its database of either kind, its first administrator's link.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postgres } from './database.mjs'
import { mailServer } from './mail.mjs'
import { Program, answers, freePort, root, run, scratch } from './program.mjs'

// Writes bluelamp.toml into a folder of the scenario's own; `database` is 'sqlite' or 'postgres'.
export async function installation(t, name, { database = 'sqlite', mail = true } = {}) {
  const dir = scratch(t, name)
  const staff = await freePort()
  const open = await freePort()
  mkdirSync(join(dir, 'data'), { mode: 0o700 })
  const secret = (file, text) => {
    writeFileSync(join(dir, file), `${text}\n`, { mode: 0o600 })
    return JSON.stringify(join(dir, file))
  }
  const lines = [
    `data = ${JSON.stringify(join(dir, 'data'))}`,
    `packs = ${JSON.stringify(join(root, 'packs'))}`,
    '[staff]', `listen = "127.0.0.1:${staff}"`, `origin = "http://localhost:${staff}"`,
    '[public]', `listen = "127.0.0.1:${open}"`, `origin = "http://localhost:${open}"`,
    '[first_force]', 'slug = "exampleshire"', 'title = "Exampleshire Police"', 'pack = "leicestershire"', 'administrator = "first@exampleshire.example"',
    // The servers on the other end stand on this machine.
    '[egress]', 'private = true',
  ]
  let own
  if (database === 'postgres') {
    own = postgres(t, name)
    lines.push('[database]', `postgres_file = ${secret('postgres-app', own.app)}`, `postgres_owner_file = ${secret('postgres-owner', own.owner)}`)
  }
  if (mail) {
    const { host, port } = mailServer()
    lines.push('[mail]', `host = "${host}"`, `port = ${port}`, 'from = "bluelamp@force.example"', 'security = "none"')
  }
  const config = join(dir, 'bluelamp.toml')
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 })
  return {
    dir, config, database: own,
    staff: `http://localhost:${staff}`, public: `http://localhost:${open}`,
    run: (args, settings) => run([...args, '--config', config], settings),
  }
}

// `bluelamp serve`, ready when the staff's listener answers. What it said on its first start holds the one-time link.
export async function serve(t, place, settings = {}) {
  const program = await Program.start(t, ['serve', '--config', place.config], {
    ...settings,
    ready: () => answers(`${place.staff}/sign-in`),
  })
  program.url = place.staff
  program.link = () => program.said.match(new RegExp(`${place.staff}/\\S+`))?.[0]
  return program
}
