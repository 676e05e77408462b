import type { ProjectDefinition, SampleFeed } from '../model/project.ts'
import type { StreamDefinition } from '../model/stream.ts'
import type { ViewDefinition } from '../model/view.ts'
import { durationMs } from './duration.ts'
import { assertFields, assertObject, invalid, shownKind } from './names.ts'

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

type Fields<T> = Readonly<Record<keyof T, true>>

const FIELDS: Fields<ProjectOptions> = {
  streams: true,
  views: true,
  batch: true,
  options: true,
  sample: true,
}
const BATCH_FIELDS: Fields<NonNullable<ProjectOptions['batch']>> = { every: true, full: true }
const SAMPLE_FIELDS: Fields<NonNullable<ProjectOptions['sample']>> = {
  into: true,
  file: true,
  history: true,
  ratePerSecond: true,
}

/** Declares a project: the default export of `twofold.config.ts`. */
export function defineProject(options: ProjectOptions): ProjectDefinition {
  assertFields(options, FIELDS, 'defineProject')
  const { streams, views, batch = {}, options: settings = {}, sample } = options
  assertStreams(streams)
  assertViews(views, streams)
  assertFields(batch, BATCH_FIELDS, 'defineProject.batch')
  assertObject(settings, 'defineProject.options')
  return {
    streams,
    views,
    batch: {
      everyMs: durationMs(batch.every ?? '10 minutes', 'defineProject.batch.every'),
      full: timeOfDay(batch.full ?? '03:00'),
    },
    options: settings,
    sample: sample === undefined ? undefined : sampleOf(sample, streams),
  }
}

function assertStreams(streams: readonly StreamDefinition[]): void {
  const place = 'defineProject.streams'
  if (!Array.isArray(streams) || streams.length === 0) invalid(place, 'expected at least one stream.')
  const other = streams.findIndex(stream => !Array.isArray(stream?.columns))
  if (other >= 0) invalid(`${place}.${other}`, 'expected what stream() answers.')
  assertUnique(
    streams.map(stream => stream.topic),
    place,
  )
}

function assertViews(views: readonly ViewDefinition[], streams: readonly StreamDefinition[]): void {
  const place = 'defineProject.views'
  if (!Array.isArray(views)) invalid(place, 'expected a list of views.')
  const other = views.findIndex(view => !Array.isArray(view?.measures))
  if (other >= 0) invalid(`${place}.${other}`, 'expected what view() answers.')
  assertUnique(
    views.map(view => view.name),
    place,
  )
  for (const { name, topic } of views) {
    if (!streams.some(stream => stream.topic === topic))
      invalid(`view(${JSON.stringify(name)}).from`, `the stream ${topic} is not among the project's streams.`)
  }
}

function sampleOf(
  sample: NonNullable<ProjectOptions['sample']>,
  streams: readonly StreamDefinition[],
): SampleFeed {
  const place = 'defineProject.sample'
  assertFields(sample, SAMPLE_FIELDS, place)
  const { into, file, history, ratePerSecond } = sample
  if (!streams.includes(into)) invalid(`${place}.into`, "expected one of the project's streams.")
  if (typeof file !== 'string') invalid(`${place}.file`, `expected a path, got ${shownKind(file)}.`)
  if (!(Number.isSafeInteger(history) && history >= 0))
    invalid(`${place}.history`, `expected a whole number of rows, got ${shownKind(history)}.`)
  if (!(Number.isFinite(ratePerSecond) && ratePerSecond >= 0))
    invalid(`${place}.ratePerSecond`, `expected a number from 0 on, got ${shownKind(ratePerSecond)}.`)
  return { topic: into.topic, file, historyRows: history, ratePerSecond }
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
