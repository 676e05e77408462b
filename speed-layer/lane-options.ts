import { compileDecoder } from '../core/decode/compile.ts'
import { nodeFiles } from '../core/io/files.ts'
import { archiveFolder, type LayerContext } from '../core/io/layer-context.ts'
import type { KeptView } from '../core/io/store/publication-store.ts'
import type { StreamDefinition } from '../core/model/stream.ts'
import { compileView } from '../core/sql/compiled-view.ts'
import type { LaneWorkerOptions } from './lane-worker.ts'

/** What a lane worker of the context is given, with a session of its own. */
export async function laneOptions(
  context: LayerContext,
  stream: StreamDefinition,
  lane: number,
  views: readonly KeptView[],
): Promise<LaneWorkerOptions> {
  const { driver, clickhouse, duckdb, options } = context
  return {
    stream,
    lane,
    views: views.map(({ view, chain }) => ({ compiled: compileView(view), chain })),
    driver,
    clickhouse,
    session: await duckdb.session(),
    files: nodeFiles,
    archive: archiveFolder(context),
    decoder: compileDecoder(stream),
    limits: {
      maxRecords: options.speedMaxRecords,
      maxBytes: options.speedMaxBytes,
      lingerMs: options.speedLingerMs,
      refreshMs: options.refreshMs,
    },
  }
}
