import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import { cutOf, higherCut } from '../../core/model/cut.ts'
import type { BoundView } from '../../core/model/view.ts'

/** By partition of a topic, the offset below which the published generation took everything from the archive. */
export async function publishedEnds(
  clickhouse: ClickHouse,
  views: readonly BoundView[],
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  const pointer = await readPointer(clickhouse)
  const cut = views
    .filter(view => view.stream.topic === topic)
    .map(view => pointer?.views[view.name]?.cut ?? {})
    .reduce(higherCut, {})
  return new Map(Object.keys(cut).map(partition => [Number(partition), cutOf(cut, Number(partition))]))
}
