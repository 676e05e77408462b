import { expect, it } from 'vitest'
import type { PartitionOffsets } from '../../../core/io/kafka/driver.ts'
import { LogEnds } from '../../../speed-layer/log-ends.ts'

const TOPICS = new Set(['clicks'])

interface Question {
  resolve(offsets: ReadonlyMap<number, PartitionOffsets>): void
  reject(error: Error): void
}

/** A driver whose answers are given by hand. */
function driver() {
  const asked: Question[] = []
  const offsets = () =>
    new Promise<ReadonlyMap<number, PartitionOffsets>>((resolve, reject) => asked.push({ resolve, reject }))
  return { asked, offsets }
}

it('tells the ends of a topic as they were last asked for', async () => {
  const { asked, offsets } = driver()
  const logEnds = new LogEnds({ offsets })
  for (const end of [10, 20]) {
    const refreshed = logEnds.refresh(TOPICS, 5_000)
    asked.at(-1)!.resolve(new Map([[0, { earliest: 0, end }]]))
    await refreshed
    expect(logEnds.of('clicks')!.ends).toEqual(new Map([[0, end]]))
  }
})

it('waits no longer than it may for a broker that does not answer, and asks it once', async () => {
  const { asked, offsets } = driver()
  const logEnds = new LogEnds({ offsets })
  await logEnds.refresh(TOPICS, 5)
  await logEnds.refresh(TOPICS, 5)
  expect(asked).toHaveLength(1)
  expect(logEnds.of('clicks')).toBeUndefined()
})

it('knows no ends once Kafka has refused to say', async () => {
  const { asked, offsets } = driver()
  const logEnds = new LogEnds({ offsets })
  const refreshed = logEnds.refresh(TOPICS, 5_000)
  asked[0]!.reject(new Error('no brokers'))
  await refreshed
  expect(logEnds.of('clicks')).toEqual({ atMs: expect.any(Number), ends: undefined })
})
