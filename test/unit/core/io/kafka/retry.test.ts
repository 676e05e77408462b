import { describe, expect, test } from 'vitest'
import { KAFKA_ERROR, KafkaProtocolError } from '../../../../../core/io/kafka/protocol/request.ts'
import { retry } from '../../../../../core/io/kafka/retry.ts'
import { TwofoldError } from '../../../../../core/model/errors.ts'

const noLeader = () => new KafkaProtocolError(KAFKA_ERROR.LEADER_NOT_AVAILABLE, 'A fetch')

/** An attempt that fails with these errors, one after the other, and then answers. */
function failing(...errors: Error[]) {
  let calls = 0
  const attempt = async (): Promise<string> => {
    const error = errors[calls++]
    if (error !== undefined) throw error
    return `answered at call ${calls}`
  }
  return attempt
}

describe('retrying', () => {
  test('goes on while the errors are of the kind that passes', async () => {
    const closed = Object.assign(new Error('closed'), { name: 'KafkaJSConnectionClosedError' })
    expect(await retry('Reading', { giveUpAfterMs: 5_000 }, failing(noLeader(), closed))).toBe(
      'answered at call 3',
    )
  })

  test('gives up in bounded time, and says what was tried and why it failed', async () => {
    const always = retry('Reading topic "t"', { giveUpAfterMs: 200 }, async () => {
      throw noLeader()
    })
    await expect(always).rejects.toMatchObject({
      code: 'KAFKA_UNAVAILABLE',
      message: expect.stringMatching(
        /^Reading topic "t" failed: A fetch was answered with Kafka's error 5: /,
      ),
    })
  })

  test('raises at once what does not pass: refusals by name, and errors of Twofold and of the code as they are', async () => {
    const limits = { giveUpAfterMs: 60_000 }
    await expect(retry('x', limits, failing(new KafkaProtocolError(29, 'A fetch')))).rejects.toMatchObject({
      code: 'KAFKA_REFUSED',
    })
    const own = new TwofoldError('TOPIC_RECREATED', 'another')
    await expect(retry('x', limits, failing(own))).rejects.toBe(own)
    const bug = new TypeError('undefined is not a function')
    await expect(retry('x', limits, failing(bug))).rejects.toBe(bug)
  })

  test('ends when it is told to', async () => {
    const closing = new AbortController()
    const startMs = performance.now()
    setTimeout(() => closing.abort(), 20)
    const always = retry('x', { giveUpAfterMs: 60_000, signal: closing.signal }, async () => {
      throw noLeader()
    })
    await expect(always).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' })
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })
})
