import type { ProjectDefinition, SampleFeed } from '../../core/model/project.ts'
import type { Workspace } from '../project/workspace.ts'
import type { Platform } from './platform.ts'

/** Where everything listens, and a first question to ask. */
export function welcome({ apiUrl, connections }: Platform, { project, dataDir }: Workspace): string {
  const lines = [
    '',
    `  HTTP API    ${apiUrl}   (OpenAPI: ${apiUrl}/v1/openapi.json)`,
    `  Kafka       ${connections.kafka.brokers.join(', ')}   (topics: ${project.streams.map(({ topic }) => topic).join(', ')})`,
    `  ClickHouse  ${connections.clickhouse.url}`,
    `  Data        ${dataDir}`,
    '',
  ]
  const question = firstQuestion(project)
  return [
    ...lines,
    ...(question === undefined ? [] : ['Try:', `  curl '${apiUrl}${question}'`, '']),
    ...(project.sample === undefined
      ? []
      : ['A faster feed:', `  ${changeRate(apiUrl, project.sample)}`, '']),
    'Ctrl-C stops.',
    '',
  ].join('\n')
}

/** A command that makes the demonstration feed ten times as fast. */
function changeRate(apiUrl: string, { ratePerSecond }: SampleFeed): string {
  const body = JSON.stringify({ perSecond: 10 * ratePerSecond })
  return `curl ${apiUrl}/v1/sample/rate -H 'content-type: application/json' -d '${body}'`
}

/** The path of a question to the first view: two measures by one dimension, the largest first. */
function firstQuestion({ views }: ProjectDefinition): string | undefined {
  const [view] = views
  if (view === undefined) return undefined
  const measures = view.measures.slice(0, 2).map(({ name }) => name)
  const [dimension] = view.dimensions
  const by = dimension === undefined ? '' : `&dimensions=${dimension.name}&order=-${measures[0]}&limit=5`
  return `/v1/views/${view.name}?measures=${measures.join(',')}${by}`
}
