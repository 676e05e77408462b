import { assertPortFree } from '../../core/io/process/free-port.ts'

const FIRST = 12_000
const COUNT = 16_000
const ATTEMPTS = 20

/**
 * A free port that stays free until somebody asks for it by number: below those that the operating system hands out
 * by itself, so that a server can be restarted on it while others open connections.
 */
export async function steadyPort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    const isFree = await assertPortFree(port, '127.0.0.1', 'A test').then(
      () => true,
      () => false,
    )
    if (isFree) return port
  }
  throw new Error(`No free port from ${FIRST} to ${FIRST + COUNT} in ${ATTEMPTS} attempts.`)
}
