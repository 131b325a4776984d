// Waiting for something to be so, with a deadline and a sentence for when it never is.
export async function until(what, condition, { within = 10_000, every = 50 } = {}) {
  const deadline = Date.now() + within
  let last
  for (;;) {
    try {
      const value = await condition()
      if (value) return value
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() >= deadline) {
      throw new Error(`${what}: not so after ${within} ms${last ? `; the last attempt said: ${last.message}` : ''}`, { cause: last })
    }
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}
