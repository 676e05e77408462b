import { afterAll, beforeAll } from 'vitest'
import { type Serving, type ServingOptions, startServing } from '../../serving/start.ts'
import { allKinds, events } from './all-kinds.ts'
import { type MergedView, withMergedViews } from './merged-view.ts'

/** The path of the view that is served. */
export const VIEW = `/v1/views/${allKinds.name}`

/** A question about it. */
export const question = {
  view: allKinds.name,
  measures: ['events', 'sum_price'],
  dimensions: ['word'],
  order: [{ by: 'word' }],
}

// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what these tests are about
export type Json = any

export async function json(response: Response | Promise<Response>): Promise<Json> {
  return (await response).json()
}

/** A view of which one generation is published, and its HTTP API. */
export interface ServedView {
  readonly merged: MergedView
  readonly serving: Serving
  /** What was reported as an error of our own. */
  readonly faults: readonly unknown[]
  /** Serves another view in the same way. */
  serve(view: MergedView): Promise<Serving>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  /** Asks `/v1/query`; a string is sent as it is. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Another view, of which nothing is published. */
  unpublished(): Promise<MergedView>
}

/** Serves a view to the tests of a file; it may be asked for in them alone. */
export function withServedView(addRoutes?: ServingOptions['addRoutes']): () => ServedView {
  const mergedView = withMergedViews()
  let served: ServedView
  beforeAll(async () => {
    const merged = await withChain(mergedView)
    await merged.publish({ 0: 128, 1: 192 })
    const faults: unknown[] = []
    const serve = (view: MergedView) => serveView(view, faults, addRoutes)
    const serving = await serve(merged)
    served = {
      merged,
      serving,
      faults,
      serve,
      get: (path, headers = {}) => fetch(serving.address + path, { headers }),
      post: (body, headers = {}) => ask(serving, body, headers),
      unpublished: () => withChain(mergedView),
    }
  })
  afterAll(() => served?.serving.close())
  return () => served
}

async function withChain(mergedView: () => Promise<MergedView>): Promise<MergedView> {
  const view = await mergedView()
  await view.decideOrigins()
  await view.writeChain()
  return view
}

function serveView(
  { clickhouse, view }: MergedView,
  faults: unknown[],
  addRoutes: ServingOptions['addRoutes'],
): Promise<Serving> {
  return startServing({
    clickhouse,
    streams: [events],
    views: [view],
    version: '1.2.3',
    host: '127.0.0.1',
    port: 0,
    queryTimeoutMs: 30_000,
    reportFault: error => faults.push(error),
    ...(addRoutes === undefined ? {} : { addRoutes }),
  })
}

function ask(
  { address }: Serving,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(`${address}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}
