import type { ProjectDefinition, SampleFeed } from '../model/project.ts'
import type { StreamDefinition } from '../model/stream.ts'
import type { ViewDefinition } from '../model/view.ts'
import { durationMs } from './duration.ts'
import { invalid } from './names.ts'

/** What `defineProject()` takes. */
export interface ProjectOptions {
  readonly streams: readonly StreamDefinition[]
  readonly views: readonly ViewDefinition[]
  readonly batch?: {
    /** Between two extensions (default: `'10 minutes'`). */
    readonly every?: string
    /** Time of day in UTC of the full recompute (default: `'03:00'`), or `false` for never. */
    readonly full?: string | false
  }
  /** Settings by name, as docs/configuration.md lists them. */
  readonly options?: Readonly<Record<string, string | number | boolean>>
  /** What `twofold start` imports for a demonstration. */
  readonly sample?: {
    readonly into: StreamDefinition
    readonly file: string
    readonly history: number
    readonly ratePerSecond: number
  }
}

/** Declares a project: the default export of `twofold.config.ts`. */
export function defineProject(options: ProjectOptions): ProjectDefinition {
  if (!Array.isArray(options?.streams) || options.streams.length === 0)
    invalid('defineProject.streams', 'expected at least one stream.')
  if (!Array.isArray(options.views)) invalid('defineProject.views', 'expected a list of views.')
  assertUnique(
    options.streams.map(stream => stream.topic),
    'defineProject.streams',
  )
  assertUnique(
    options.views.map(view => view.name),
    'defineProject.views',
  )
  for (const view of options.views) {
    if (!options.streams.some(stream => stream.topic === view.topic)) {
      invalid(
        `view(${JSON.stringify(view.name)}).from`,
        `the stream ${view.topic} is not among the project's streams.`,
      )
    }
  }
  return {
    streams: options.streams,
    views: options.views,
    batch: {
      everyMs: durationMs(options.batch?.every ?? '10 minutes', 'defineProject.batch.every'),
      full: timeOfDay(options.batch?.full ?? '03:00'),
    },
    options: options.options ?? {},
    sample: options.sample === undefined ? undefined : sampleOf(options.sample),
  }
}

function sampleOf(sample: NonNullable<ProjectOptions['sample']>): SampleFeed {
  return {
    topic: sample.into.topic,
    file: sample.file,
    historyRows: sample.history,
    ratePerSecond: sample.ratePerSecond,
  }
}

function timeOfDay(text: string | false): string | undefined {
  if (text === false) return undefined
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(text))
    invalid(
      'defineProject.batch.full',
      `expected a time of day like '03:00', or false, got ${JSON.stringify(text)}.`,
    )
  return text
}

function assertUnique(names: readonly string[], place: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) invalid(place, `${JSON.stringify(twice)} is declared twice.`)
}
