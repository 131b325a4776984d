// The built program as a person at a terminal has it: started, watched, stopped, killed, started again.
import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './until.mjs'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const out = join(root, 'e2e/out')

export function binary(name = 'bluelamp') {
  const path = process.env.BLUELAMP_BIN_DIR
    ? join(process.env.BLUELAMP_BIN_DIR, name)
    : join(resolve(root, process.env.CARGO_TARGET_DIR ?? 'target'), 'debug', name)
  if (!existsSync(path)) throw new Error(`${path} is not built: run \`make build\``)
  return path
}

// A folder for one scenario's data, gone when the scenario ends.
export function scratch(t, name) {
  const dir = mkdtempSync(join(tmpdir(), `bluelamp-${name}-`))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}

// Runs a command of the program to its end. `ok: false` is for commands that are meant to fail.
export function run(args, { ok = true, cwd = root, env = {}, input, name = 'bluelamp', within = 120_000 } = {}) {
  const done = spawnSync(binary(name), args, { cwd, env: { ...process.env, ...env }, input, encoding: 'utf8', timeout: within })
  if (done.error) throw done.error
  if (ok && done.status !== 0) {
    throw new Error(`\`${name} ${args.join(' ')}\` ended with ${done.status ?? done.signal}:\n${done.stdout}${done.stderr}`)
  }
  return { status: done.status, stdout: done.stdout, stderr: done.stderr, text: done.stdout + done.stderr }
}

let started = 0

export class Program {
  // Starts the program and waits until `ready(program)` says so. It is killed when the test ends, whatever happens.
  static async start(t, args, { name = args[0], cwd = root, env = {}, ready, within = 60_000 } = {}) {
    const program = new Program(args, { name, cwd, env, ready, within })
    t.after(() => program.kill())
    await program.begin()
    return program
  }

  constructor(args, settings) {
    Object.assign(this, { args, settings, said: '', child: null })
  }

  async begin() {
    const { name, cwd, env, ready, within } = this.settings
    mkdirSync(join(out, 'logs'), { recursive: true })
    const log = createWriteStream(join(out, 'logs', `${String(++started).padStart(2, '0')}-${process.pid}-${name}.log`))
    this.said = ''
    const child = spawn(binary(), this.args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    this.ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
    this.gone = null
    this.ended.then((how) => (this.gone = how))
    for (const pipe of [child.stdout, child.stderr]) {
      pipe.on('data', (piece) => {
        this.said += piece
        log.write(piece)
      })
    }
    const began = Date.now()
    await until(`the start of \`bluelamp ${this.args.join(' ')}\``, async () => {
      if (this.gone) return true
      return ready ? await ready(this) : true
    }, { within }).catch((error) => {
      throw new Error(`${error.message}\nit said:\n${this.said.slice(-4000)}`)
    })
    if (this.gone) throw new Error(`\`bluelamp ${this.args.join(' ')}\` ended at once (${this.gone.code ?? this.gone.signal}):\n${this.said.slice(-4000)}`)
    this.startedIn = Date.now() - began
  }

  // As an administrator stops it: politely, and it must go within the deadline.
  async stop({ within = 15_000 } = {}) {
    if (this.gone) return this.gone
    this.child.kill('SIGTERM')
    await until('the program stops when asked to', () => this.gone, { within })
    return this.gone
  }

  // As the power fails.
  async kill() {
    if (!this.gone) this.child.kill('SIGKILL')
    return this.ended
  }

  async restart() {
    await this.kill()
    await this.begin()
  }
}

export async function answers(url) {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2_000) })
  await response.arrayBuffer()
  return response.status < 500
}

// The demonstration, ready when the address it printed answers.
export async function demonstration(t, { dir, port } = {}) {
  const chosen = port ?? (await freePort())
  const folder = dir ?? scratch(t, 'demo')
  const program = await Program.start(t, ['demo', '--port', String(chosen), '--dir', folder], {
    within: 120_000,
    ready: async (it) => {
      it.url = it.said.match(/https?:\/\/[^\s/]+/)?.[0]
      return it.url && (await answers(`${it.url}/`))
    },
  })
  return program
}
