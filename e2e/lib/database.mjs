// A database of one's own on the test cluster, for the program as a force would run it: migrated by the owner,
// used by a role that row-level security binds.
import { spawnSync } from 'node:child_process'

function psql(url, sql) {
  const done = spawnSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', url, '-c', sql], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`psql: ${done.error?.message ?? done.stderr}`)
  return done.stdout.trim()
}

export function postgres(t, name) {
  const owner = process.env.BLUELAMP_TEST_PG_OWNER
  const app = process.env.BLUELAMP_TEST_PG_APP
  if (!owner || !app) throw new Error('no PostgreSQL: run under `scripts/with-servers pg -- …`')
  const database = `e2e_${name}_${process.pid}`
  psql(owner, `CREATE DATABASE ${database}`)
  t.after(() => psql(owner, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`))
  const on = (url) => Object.assign(new URL(url), { pathname: `/${database}` }).href
  return { owner: on(owner), app: on(app), ask: (sql) => psql(on(owner), sql) }
}
