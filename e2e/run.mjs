// Runs the scenarios with Node's own test runner, one file at a time: two cores serve the program, its
// database, the servers on the other end and a browser.
//
//   node e2e/run.mjs [WORD...]    all scenarios, or those whose file name contains a word
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seed } from './lib/random.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const words = process.argv.slice(2)
const files = readdirSync(join(here, 'scenarios'))
  .filter((name) => name.endsWith('.test.mjs') && (words.length === 0 || words.some((word) => name.includes(word))))
  .sort()
  .map((name) => join(here, 'scenarios', name))
if (files.length === 0) {
  console.error(`error: no scenario is named like ${words.join(' or ')}`)
  process.exit(1)
}

rmSync(join(here, 'out'), { recursive: true, force: true })
mkdirSync(join(here, 'out', 'logs'), { recursive: true })
console.log(`seed ${seed} (repeat with BLUELAMP_SEED=${seed})`)

const runner = spawn(
  process.execPath,
  ['--test', '--test-concurrency=1', '--test-timeout=600000', '--test-reporter=spec', ...files],
  { stdio: 'inherit', env: { ...process.env, BLUELAMP_SEED: String(seed) } },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner.kill(signal))
runner.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
