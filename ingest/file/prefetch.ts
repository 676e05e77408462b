/** Asks for each item while the one before it is being worked on. */
export async function* prefetch<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const request = (): Promise<IteratorResult<T>> => {
    const next = iterator.next()
    // It is awaited later; until then a failure must not count as unhandled.
    next.catch(() => {})
    return next
  }
  let next = request()
  try {
    for (;;) {
      const { done, value } = await next
      if (done === true) return
      next = request()
      yield value
    }
  } finally {
    await next.catch(() => {})
    await iterator.return?.()
  }
}
