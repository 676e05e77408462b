import { setTimeout as sleep } from 'node:timers/promises'

const FIRST_MS = 15
const LONGEST_MS = 300

/**
 * Waits between one look at something and the next: short at first and longer the longer it takes, so that whoever
 * waits leaves the processor to what is waited for.
 */
export class Pauses {
  #nextMs = FIRST_MS

  async wait(): Promise<void> {
    await sleep(this.#nextMs)
    this.#nextMs = Math.min(this.#nextMs * 1.4, LONGEST_MS)
  }
}
