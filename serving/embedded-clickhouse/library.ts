import { resolveLibchdb } from 'chdb/libchdb'
import { TwofoldError } from '../../core/model/errors.ts'

/**
 * Where the ClickHouse library of this platform lies: in the npm package that fits it, or where
 * CHDB_LIBCHDB_PATH says.
 *
 * @throws EMBEDDED_CLICKHOUSE_UNSUPPORTED where there is none
 */
export function clickHouseLibrary(): string {
  try {
    return resolveLibchdb().path
  } catch (cause) {
    throw new TwofoldError(
      'EMBEDDED_CLICKHOUSE_UNSUPPORTED',
      `There is no embedded ClickHouse for ${process.platform}-${process.arch}: ${(cause as Error).message}`,
      { details: { platform: process.platform, arch: process.arch }, cause },
    )
  }
}
