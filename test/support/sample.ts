import { setTimeout as sleep } from 'node:timers/promises'
import type { SampleStatus } from '../../ingest/sample/run-sample.ts'
import { type Api, expectOk } from './api.ts'

const LOOK_EVERY_MS = 300
/** So many looks in a row find nothing new before what was under way is taken for done. */
const QUIET_LOOKS = 5
const QUIET_WITHIN_MS = 120_000

/** The sample feed's own account. */
export async function sampleStatus(api: Api): Promise<SampleStatus> {
  return expectOk<SampleStatus>(await api.send('/v1/sample'), 'sample')
}

/** Pauses the sample feed and answers with how many rows of the file it has produced: all that is in its topic. */
export async function pauseSample(api: Api): Promise<number> {
  expectOk(await api.post('/v1/sample/rate', { perSecond: 0 }), 'the rate')
  const deadline = performance.now() + QUIET_WITHIN_MS
  let [rows, quietLooks] = [-1, 0]
  while (quietLooks < QUIET_LOOKS) {
    await sleep(LOOK_EVERY_MS)
    const now = await sampleStatus(api)
    const inTopic = await recordsInTopic(api, now.topic)
    quietLooks = now.rows === rows && inTopic === rows ? quietLooks + 1 : 0
    rows = now.rows
    if (performance.now() > deadline) throw new Error(`The feed counts ${rows} rows, its topic ${inTopic}.`)
  }
  return rows
}

async function recordsInTopic(api: Api, topic: string): Promise<number> {
  const { streams } = await api.status()
  const { partitions } = streams.find(stream => stream.topic === topic)!
  return partitions.reduce((sum, { logEnd }) => sum + (logEnd ?? 0), 0)
}
