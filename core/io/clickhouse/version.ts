import { TwofoldError } from '../../model/errors.ts'
import type { ClickHouse } from './client.ts'

/** The oldest that Twofold is made for. */
const OLDEST = '25.8'

/** Makes sure that the server is new enough. @throws CLICKHOUSE_TOO_OLD */
export async function assertServerVersion(clickhouse: ClickHouse): Promise<void> {
  const [row] = await clickhouse.rows<{ version: string }>('SELECT version() AS version')
  assertVersion(row!.version)
}

/** @throws CLICKHOUSE_TOO_OLD naming both versions, for one that is older or none, such as that of another server */
export function assertVersion(version: string): void {
  const found = numbersOf(version)
  const [major, minor] = numbersOf(OLDEST)!
  if (found !== undefined && (found[0] > major || (found[0] === major && found[1] >= minor))) return
  throw new TwofoldError(
    'CLICKHOUSE_TOO_OLD',
    `The ClickHouse server has version ${version}; Twofold needs ${OLDEST} or newer.`,
    { details: { version, oldest: OLDEST } },
  )
}

/** Year and month of a release: `25.8.3.66` and whatever a vendor puts behind it. */
function numbersOf(version: string): readonly [number, number] | undefined {
  const match = /^(\d+)\.(\d+)\b/.exec(version)
  return match === null ? undefined : [Number(match[1]), Number(match[2])]
}
