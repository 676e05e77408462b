import { setTimeout as sleep } from 'node:timers/promises'
import type { LayerContext } from '../../core/io/layer-context.ts'
import { type BatchHeartbeat, readHeartbeats } from '../../core/io/store/heartbeats.ts'
import { type FlushTargets, requestFlush } from './flush-request.ts'

const HEARTBEAT_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 200
/** An archiver that has got no further for so long is not waited for. */
const STANDS_STILL_MS = 20_000

/**
 * Has everything archived that is in the log now, and waits for it.
 * @returns why not all of it was, as a sentence; `undefined` where it was
 */
export async function flushArchive(context: LayerContext): Promise<string | undefined> {
  const targets = await logEnds(context)
  requestFlush(context.dataDir, targets)
  let [missing, sinceMs] = [Number.POSITIVE_INFINITY, performance.now()]
  for (;;) {
    const streams = await archivers(context)
    if (streams === undefined)
      return 'The batch layer does not run, so nothing more is archived: the job takes what is archived already.'
    const left = missingOf(targets, streams)
    if (left === 0) return undefined
    if (left < missing) [missing, sinceMs] = [left, performance.now()]
    if (performance.now() - sinceMs > STANDS_STILL_MS)
      return `${left} offsets have not been archived, and the archiver gets no further: ${errorOf(streams)}. The job takes what is archived already.`
    await sleep(LOOK_EVERY_MS)
  }
}

async function logEnds({ driver, project }: LayerContext): Promise<FlushTargets> {
  const targets: Record<string, Record<string, number>> = {}
  for (const { topic } of project.streams) {
    const offsets = await driver.offsets(topic)
    targets[topic] = Object.fromEntries([...offsets].map(([partition, { end }]) => [partition, end]))
  }
  return targets
}

/** What archivers tell of themselves; `undefined` where none is heard of. */
async function archivers({ clickhouse }: LayerContext): Promise<BatchHeartbeat['streams'] | undefined> {
  const beats = await readHeartbeats(clickhouse, HEARTBEAT_WITHIN_MS)
  const batch = beats.filter(({ layer }) => layer === 'batch')
  return batch.length === 0 ? undefined : batch.flatMap(({ body }) => (body as BatchHeartbeat).streams)
}

/** How many offsets below the targets are not archived. */
function missingOf(targets: FlushTargets, streams: BatchHeartbeat['streams']): number {
  let missing = 0
  for (const [topic, ends] of Object.entries(targets)) {
    const partitions = streams.filter(stream => stream.topic === topic).flatMap(stream => stream.partitions)
    for (const [partition, end] of Object.entries(ends)) {
      const archived = partitions.filter(candidate => candidate.partition === Number(partition))
      missing += Math.max(0, end - Math.max(0, ...archived.map(({ archivedEnd }) => archivedEnd)))
    }
  }
  return missing
}

function errorOf(streams: BatchHeartbeat['streams']): string {
  return streams.find(({ error }) => error !== undefined)?.error ?? '`twofold status` tells where it stands'
}
