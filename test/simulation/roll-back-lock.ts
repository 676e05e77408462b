/**
 * Keeps collections and roll-backs apart. A roll-back takes less time than the grace period of a collection, and so is
 * never met by one; here, where whoever acts may stand still for longer than any grace, a collection waits for it. Jobs
 * need no such thing, however long they take.
 */
export class RollBackLock {
  #rollBacks = 0
  #collection: Promise<unknown> = Promise.resolve()
  #idle: () => void = () => undefined

  async shared<T>(rollBack: () => Promise<T>): Promise<T> {
    await this.#collection
    this.#rollBacks += 1
    try {
      return await rollBack()
    } finally {
      this.#rollBacks -= 1
      if (this.#rollBacks === 0) this.#idle()
    }
  }

  async exclusive<T>(collection: () => Promise<T>): Promise<T> {
    const run = this.#collection.then(async () => {
      if (this.#rollBacks > 0) await new Promise<void>(resolve => (this.#idle = resolve))
      return collection()
    })
    this.#collection = run.catch(() => undefined)
    return run
  }
}
