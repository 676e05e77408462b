import { DECODER_VERSION } from '../decode/compile.ts'
import type { StreamDefinition } from '../model/stream.ts'
import { shortHash } from './short-hash.ts'
import { zoneDataOf } from './zone-data.ts'

/** Names what turns a stream's bytes into typed columns, and so what is an event of it: 12 hexadecimal digits. */
export function decoderId({
  columns,
  maxEventBytes,
  tombstones,
  framing,
}: Pick<StreamDefinition, 'columns' | 'maxEventBytes' | 'tombstones' | 'framing'>): string {
  return shortHash({
    columns,
    maxEventBytes,
    tombstones,
    framing,
    decoder: DECODER_VERSION,
    zoneData: zoneDataOf(columns),
  })
}
