import { setTimeout as sleep } from 'node:timers/promises'
import type { ProjectDefinition } from '../../../core/model/project.ts'
import { quantile } from '../rig/progress.ts'
import type { Scenario } from '../rig/scenario.ts'
import type { Workload } from '../rig/workload.ts'

/** How long the HTTP API takes to answer, one question at a time. */
export interface QueryFigures {
  readonly workload: Workload['name']
  /** Where the rows are that an answer is merged from. */
  readonly state: QueryState
  readonly question: string
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of one answer. */
  readonly rows: number
}

export type QueryState = 'speed layer alone' | 'batch, and a tail' | 'half of each'

const WARM_UP = 10

/** Asks each of the workload's questions `rounds` times. The scenario's layers need not run. */
export async function benchQueries(
  workload: Workload,
  scenario: Scenario,
  state: QueryState,
  rounds: number,
): Promise<QueryFigures[]> {
  const layer = scenario.startLayer('api')
  try {
    await untilReady(scenario.apiUrl)
    const figures: QueryFigures[] = []
    for (const [question, body] of Object.entries(questionsOf(workload.project))) {
      let rows = 0
      const timesMs: number[] = []
      for (let round = -WARM_UP; round < rounds; round++) {
        const startedMs = performance.now()
        rows = await ask(scenario.apiUrl, body)
        if (round >= 0) timesMs.push(performance.now() - startedMs)
      }
      const name = workload.name
      figures.push({
        workload: name,
        state,
        question,
        p50Ms: quantile(timesMs, 0.5),
        p99Ms: quantile(timesMs, 0.99),
        rows,
      })
    }
    return figures
  } finally {
    await layer.stop()
  }
}

/** All measures of the first view: of everything, by its first dimension, and by day and that dimension. */
function questionsOf(project: ProjectDefinition): Record<string, object> {
  const [view] = project.views
  const [dimension] = view!.dimensions
  const [measure] = view!.measures
  const base = { view: view!.name, measures: view!.measures.map(({ name }) => name) }
  const order = [{ by: measure!.name, desc: true }]
  return {
    'one row in all': base,
    [`top 10 by ${dimension!.name}`]: { ...base, dimensions: [dimension!.name], order, limit: 10 },
    [`${measure!.name} by day`]: { view: view!.name, measures: [measure!.name], grain: 'day' },
  }
}

async function ask(apiUrl: string, body: object): Promise<number> {
  const response = await fetch(`${apiUrl}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as { rows?: number; error?: { message: string } }
  if (!response.ok) throw new Error(`The API refused ${JSON.stringify(body)}: ${answer.error?.message}`)
  return answer.rows!
}

const READY_WITHIN_MS = 30_000

async function untilReady(apiUrl: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (performance.now() < deadline) {
    const response = await fetch(`${apiUrl}/healthz`).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.ok) return
    await sleep(50)
  }
  throw new Error('The HTTP API did not come up')
}
