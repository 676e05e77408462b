import { defineProject } from '../../../core/define/project.ts'
import { t } from '../../../core/define/types.ts'
import type { ProjectDefinition } from '../../../core/model/project.ts'
import type { StreamDefinition } from '../../../core/model/stream.ts'
import { definitionOf, type TwinView } from '../../laws/twin-view.ts'
import { worldStream, worldViews } from '../../laws/world.ts'

/** What a scenario's project is made of. Plain data: it stands in the configuration that the layers load. */
export interface FaultShape {
  readonly topic: string
  readonly partitions: number
  readonly lanes: number
  readonly blockSize: number
  /** Between two batch jobs. */
  readonly batchEvery: string
  readonly options: Readonly<Record<string, number>>
  /** The view `plain` leaves out what is not positive, and sums something else under the same name. */
  readonly isNarrowed: boolean
  /** The stream has one column more. */
  readonly isWidened: boolean
}

/** Options that make each layer do in a second what it does in minutes otherwise. */
export const QUICK: Readonly<Record<string, number>> = {
  speedLingerMs: 400,
  speedMemoryMb: 256,
  archiveFlushMs: 1000,
  batchMemoryMb: 256,
  batchThreads: 1,
  batchChunkRecords: 1000,
  keepGenerations: 2,
  collectionGraceMs: 1000,
  collectionMinRows: 1,
  refreshMs: 500,
}

/** The stream of the laws, under a topic of its own. */
export function faultStream(shape: FaultShape): StreamDefinition {
  const { topic, partitions, lanes, blockSize, isWidened } = shape
  const stream = worldStream(blockSize, lanes, isWidened ? { remark: t.string().optional() } : {})
  return { ...stream, topic, topicSettings: { ...stream.topicSettings, partitions } }
}

/** One view that takes every event, and one that filters some and fails on others, in a dimension and in measures. */
export function faultTwins({ isNarrowed }: Pick<FaultShape, 'isNarrowed'>): readonly TwinView[] {
  const { plain, strict } = worldViews('minute')
  const wide: TwinView = { ...plain, grain: 'minute' }
  const { where, measures } = strict
  const narrow = { ...wide, where: where!, measures: { ...wide.measures, n_sum: measures['next']! } }
  return [isNarrowed ? narrow : wide, strict]
}

/** The project that the layers run. */
export function faultProject(shape: FaultShape): ProjectDefinition {
  const stream = faultStream(shape)
  return defineProject({
    streams: [stream],
    views: faultTwins(shape).map(twin => definitionOf(twin, stream)),
    batch: { every: shape.batchEvery, full: false },
    options: { ...QUICK, ...shape.options },
  })
}
