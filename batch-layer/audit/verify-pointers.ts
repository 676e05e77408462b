import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readDefinition } from '../../core/io/store/definition-store.ts'
import { cutOf, sameCut } from '../../core/model/cut.ts'
import { blockOf } from '../../core/model/offsets.ts'
import type { Pointer, ViewGeneration } from '../../core/model/pointer.ts'
import { type Finding, harmful, harmless } from './finding.ts'

/** No more than these are told. */
const LISTED = 100

/** Where the numbers of the pointers do not make one history: a number that is missing, stands twice, or forks. */
export async function verifyHistory(clickhouse: ClickHouse): Promise<Finding[]> {
  const rows = await clickhouse.rows<{ seq: string; prevs: string[]; before: string }>(
    `SELECT seq, prevs, before FROM (
       SELECT seq, prevs, lagInFrame(seq, 1, toUInt64(0)) OVER (ORDER BY seq ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
       FROM (SELECT seq, arrayMap(prev -> toString(prev), groupArray(prev)) AS prevs FROM pointers GROUP BY seq))
     WHERE prevs != [toString(seq - 1)] OR before != seq - 1 ORDER BY seq LIMIT ${LISTED}`,
  )
  if (rows.length === 0) return []
  const [newest] = await clickhouse.rows<{ seq: string }>('SELECT max(seq) AS seq FROM pointers')
  return rows.map(({ seq, prevs, before }) => {
    const what =
      prevs.length > 1
        ? `stands ${prevs.length} times`
        : prevs[0] === String(Number(seq) - 1)
          ? `follows ${before === '0' ? 'nothing' : before}`
          : `says that it follows ${prevs[0]}`
    const fault = {
      code: 'POINTER_HISTORY',
      message: `The history of pointers is not one: generation ${seq} ${what}.`,
      details: { table: 'pointers', seq: Number(seq), prevs: prevs.map(Number), before: Number(before) },
    }
    // Only the newest is ever read, unless somebody rolls back.
    return seq === newest!.seq && prevs.length > 1
      ? harmful(fault, {
          generation: Number(seq),
          repair: 'twofold batch run --full',
          hint: 'Two pointers compete for the present: a full recomputation publishes one that follows both.',
        })
      : harmless(fault, {
          hint: 'Answers are made of the newest pointer alone. Do not roll back to this one; nothing mends history, and nothing depends on it.',
        })
  })
}

/** Where what a generation names cannot be: runs that leave something out, a cut inside a block, no definition. */
export async function verifyGenerations(
  clickhouse: ClickHouse,
  readable: readonly Pointer[],
): Promise<Finding[]> {
  const findings: Finding[] = []
  const newest = readable.at(-1)
  for (const pointer of readable) {
    for (const [view, generation] of Object.entries(pointer.views)) {
      const why = await whyNotPossible(clickhouse, view, generation)
      if (why === undefined) continue
      const fault = {
        code: 'POINTER_INVALID',
        message: `Generation ${pointer.seq} cannot be right: of view ${view} (version ${generation.version}), ${why}.`,
        details: { table: 'pointers', seq: pointer.seq, view, version: generation.version },
      }
      findings.push(
        pointer === newest
          ? harmful(fault, {
              view,
              generation: pointer.seq,
              repair: 'twofold batch run --full',
              hint: 'A full recomputation publishes a generation with runs of its own; or roll back with `twofold batch rollback`.',
            })
          : harmless(fault, { hint: 'Do not roll back to this generation.' }),
      )
    }
  }
  return findings
}

async function whyNotPossible(
  clickhouse: ClickHouse,
  name: string,
  { version, cut, runs }: ViewGeneration,
): Promise<string | undefined> {
  const view = await readDefinition(clickhouse, name, version)
  if (view === undefined) return 'nobody kept the definition'
  const inside = Object.entries(cut).find(([, offset]) => offset !== blockOf(offset, view.stream.blockSize))
  if (inside !== undefined)
    return `the cut ${inside[1]} of partition ${inside[0]} is not on the edge of a block`
  let reached = {}
  for (const { id, from, to } of runs) {
    if (!sameCut(from, reached)) return `the run ${id} does not begin where the runs before it end`
    reached = to
  }
  if (!sameCut(reached, cut)) {
    const partition = Object.keys({ ...reached, ...cut }).find(
      p => cutOf(reached, Number(p)) !== cutOf(cut, Number(p)),
    )
    return `the runs end at offset ${cutOf(reached, Number(partition))} of partition ${partition}, and the cut is ${cutOf(cut, Number(partition))}`
  }
  return undefined
}
