import type { StreamDefinition } from './stream.ts'
import type { ViewDefinition } from './view.ts'

/** A user's project: what `twofold.config.ts` declares. Plain data. */
export interface ProjectDefinition {
  readonly streams: readonly StreamDefinition[]
  readonly views: readonly ViewDefinition[]
  readonly batch: BatchSchedule
  /** Settings by the names of the option registry; the environment goes before them. */
  readonly options: Readonly<Record<string, string | number | boolean>>
  /** What `twofold start` feeds into a stream for a demonstration, if anything. */
  readonly sample: SampleFeed | undefined
}

export interface BatchSchedule {
  /** Between two extensions, milliseconds. */
  readonly everyMs: number
  /** Time of day, `HH:MM` in UTC, of the full recompute; `undefined` for never. */
  readonly full: string | undefined
}

/** A file that `start` imports once: `history` rows at once, the rest at `ratePerSecond`. */
export interface SampleFeed {
  readonly topic: string
  /** A path relative to the configuration's folder, or `npm:PACKAGE/PATH`. */
  readonly file: string
  readonly historyRows: number
  readonly ratePerSecond: number
}
