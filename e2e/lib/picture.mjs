// A picture made here, so that no photograph of anybody is needed: a small PNG of one colour with a stripe.
import { crc32, deflateSync } from 'node:zlib'

export function png(width = 640, height = 360, [red, green, blue] = [29, 53, 87]) {
  const line = Buffer.alloc(1 + width * 3)
  const lines = []
  for (let y = 0; y < height; y++) {
    const stripe = y > height * 0.6 && y < height * 0.7
    for (let x = 0; x < width; x++) line.set(stripe ? [244, 208, 63] : [red, green, blue], 1 + x * 3)
    lines.push(Buffer.from(line))
  }
  const chunk = (kind, body) => {
    const named = Buffer.concat([Buffer.from(kind, 'latin1'), body])
    const size = Buffer.alloc(4)
    const sum = Buffer.alloc(4)
    size.writeUInt32BE(body.length)
    sum.writeUInt32BE(crc32(named))
    return Buffer.concat([size, named, sum])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(lines))), chunk('IEND', Buffer.alloc(0)),
  ])
}
