// Loaded before anything else in the Bluesky servers' process: they listen on every interface by default,
// and a test server must be reachable from this machine alone.
import net from 'node:net'

const listen = net.Server.prototype.listen

net.Server.prototype.listen = function listenOnLoopback(...given) {
  const callback = typeof given.at(-1) === 'function' ? [given.pop()] : []
  const first = given[0]
  if (typeof first === 'object' && first !== null) {
    // A pipe or an inherited handle has no address to narrow.
    const options = first.path || first.fd !== undefined || first._handle ? first : { ...first, host: '127.0.0.1' }
    return listen.call(this, options, ...callback)
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return listen.call(this, first, ...callback)
  return listen.call(this, { port: Number(first ?? 0), host: '127.0.0.1' }, ...callback)
}
