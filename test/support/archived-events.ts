import { mkdirSync } from 'node:fs'
import { writeSegment } from '../../batch-layer/archive/write-segment.ts'
import { compileDecoder } from '../../core/decode/compile.ts'
import { partitionFolder } from '../../core/io/archive/segment-chain.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../core/io/files.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'

/** Archives the values as one segment of a partition, from offset `start` on. */
export async function archiveEvents(
  session: DuckDBSession,
  archive: string,
  stream: StreamDefinition,
  values: readonly string[],
  { partition = 0, start = 0 }: { readonly partition?: number; readonly start?: number } = {},
): Promise<void> {
  mkdirSync(partitionFolder(archive, stream.topic, partition), { recursive: true })
  const records = values.map((value, index) => ({
    offset: start + index,
    timestampMs: 0,
    key: null,
    value: Buffer.from(value),
    headers: [],
  }))
  const writer = {
    archive,
    topic: stream.topic,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    decoder: compileDecoder(stream),
    decoderId: 'then',
    session,
    files: nodeFiles,
  }
  await writeSegment(writer, { partition, start, end: start + values.length, records })
}
