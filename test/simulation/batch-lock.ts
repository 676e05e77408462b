/**
 * The batch lock as collections need it: they run while no job is under way, since what a job is writing is in no
 * pointer yet. Jobs here may run at once, as those of two machines do.
 */
export class BatchLock {
  #jobs = 0
  #collection: Promise<unknown> = Promise.resolve()
  #idle: () => void = () => undefined

  async shared<T>(job: () => Promise<T>): Promise<T> {
    await this.#collection
    this.#jobs += 1
    try {
      return await job()
    } finally {
      this.#jobs -= 1
      if (this.#jobs === 0) this.#idle()
    }
  }

  async exclusive<T>(collection: () => Promise<T>): Promise<T> {
    const run = this.#collection.then(async () => {
      if (this.#jobs > 0) await new Promise<void>(resolve => (this.#idle = resolve))
      return collection()
    })
    this.#collection = run.catch(() => undefined)
    return run
  }
}
