import { createHash } from 'node:crypto'
import { canonicalJson } from '../model/canonical-json.ts'

/** Names a value by what it holds, whatever the order of its keys: 12 hexadecimal digits of SHA-256. */
export function shortHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 12)
}
