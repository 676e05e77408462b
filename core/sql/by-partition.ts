import type { Cut } from '../model/cut.ts'

/** A ClickHouse expression: the offset that `offsets` gives the row's partition, and 0 where it gives none. */
export function byPartition(offsets: ReadonlyMap<number, number>): string {
  if (offsets.size === 0) return 'toInt64(0)'
  const values = [...offsets.values()].map(offset => `toInt64(${offset})`)
  return `transform(__partition, [${[...offsets.keys()].join(', ')}], [${values.join(', ')}], toInt64(0))`
}

/**
 * The cut of the row's partition. One that it does not name has cut 0; that is also why nothing is pruned by the least
 * cut, which would hide a partition that was added since.
 */
export function cutSql(cut: Cut): string {
  return byPartition(new Map(Object.entries(cut).map(([partition, offset]) => [Number(partition), offset])))
}
