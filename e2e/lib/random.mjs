// Chance that can be repeated: every choice in a scenario comes from one printed seed.
export const seed = Number(process.env.BLUELAMP_SEED ?? Math.floor(Math.random() * 2 ** 31))
if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`BLUELAMP_SEED must be a whole number, not ${process.env.BLUELAMP_SEED}`)

// An own stream for each story, so that adding one does not change what the others draw.
export function stream(name) {
  let state = seed >>> 0
  for (const letter of name) state = (Math.imul(state ^ letter.codePointAt(0), 0x01000193) + 0x9e3779b9) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    one: (list) => list[Math.floor(next() * list.length)],
    word: (length) => Array.from({ length }, () => 'abcdefghijkmnpqrstuvwxyz'[Math.floor(next() * 24)]).join(''),
  }
}
