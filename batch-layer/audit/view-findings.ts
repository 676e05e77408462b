import { cutOf } from '../../core/model/cut.ts'
import type { TwofoldError } from '../../core/model/errors.ts'
import type { OffsetRange } from '../../core/model/offsets.ts'
import { batchTable, speedTable } from '../../core/sql/tables.ts'
import type { BlockDifference } from './compare-blocks.ts'
import { type Finding, harmful, harmless } from './finding.ts'
import type { ServedParts, ViewComparison } from './served-parts.ts'
import type { ChainBreak } from './verify-chain.ts'

const RECOMPUTE = 'twofold batch run --full'
const NOT_YET =
  'Present answers read none of it; a roll-back would. A repair also makes roll-backs right again.'

/** The markers of a chain do not follow each other. */
export function breakFinding(parts: ServedParts, breaks: readonly ChainBreak[]): Finding {
  const { view, generation, seq } = parts
  const [first] = breaks as [ChainBreak]
  const fault = {
    code: 'CHAIN_BROKEN',
    message: `The chain ${generation.chain} of view ${view.name} (version ${view.version}) is not gapless: ${breakText(first)}${more(breaks)}.`,
    details: { ...placeOf(parts, 'speed'), breaks },
  }
  const repair = repairChain(parts)
  return touchesAnswers(parts, breaks)
    ? harmful(fault, {
        view: view.name,
        generation: seq,
        repair,
        hint: 'Answers are refused, or wrong, until a new chain has been built from Kafka and the archive; the speed layer stands still at the break.',
      })
    : harmless(fault, { repair, hint: NOT_YET })
}

/** True where a break lies at or above the cut: answers read it. */
export function touchesAnswers({ generation }: ServedParts, breaks: readonly ChainBreak[]): boolean {
  return breaks.some(({ what, partition, end }) => {
    if (what === 'missing number') return false
    return end > cutOf(generation.cut, partition)
  })
}

/** Blocks of a chain tell something else than the raw events. */
export function chainFinding(parts: ServedParts, blocks: readonly BlockDifference[]): Finding {
  const { view, generation, seq } = parts
  const fault = {
    code: 'CHAIN_DIFFERS',
    message: `The chain ${generation.chain} of view ${view.name} (version ${view.version}) does not tell what is in the log: ${blockText(blocks[0]!)}${more(blocks)}.`,
    details: { ...placeOf(parts, 'speed'), blocks },
  }
  const repair = repairChain(parts)
  return blocks.some(({ partition, block }) => block >= cutOf(generation.cut, partition))
    ? harmful(fault, {
        view: view.name,
        generation: seq,
        repair,
        hint: 'Answers are wrong in these blocks until a new chain has been built, or a publication has moved the cut beyond them.',
      })
    : harmless(fault, { repair, hint: NOT_YET })
}

/** Blocks of the runs tell something else than the raw events. */
export function runFinding(parts: ServedParts, blocks: readonly BlockDifference[]): Finding {
  const { view, generation, seq } = parts
  return harmful(
    {
      code: 'RUN_MISMATCH',
      message: `The runs of view ${view.name} (version ${view.version}) do not tell what is in the archive: ${blockText(blocks[0]!)}${more(blocks)}.`,
      details: { ...placeOf(parts, 'batch'), runs: generation.runs.map(({ id }) => id), blocks },
    },
    {
      view: view.name,
      generation: seq,
      repair: RECOMPUTE,
      hint: 'Answers are wrong in these blocks until a full recomputation has replaced the runs.',
    },
  )
}

/** The merged answer is not what plain SQL makes of the raw events. `isChain` where the chain was found to differ. */
export function differenceFinding(parts: ServedParts, comparison: ViewComparison, isChain: boolean): Finding {
  return harmful(
    {
      code: 'ANSWER_DIFFERS',
      message: `View ${comparison.view} differs from the recomputation in ${comparison.differences.length} values, the first: ${comparison.differences[0]}.`,
      details: { view: comparison.view, differences: comparison.differences },
    },
    {
      view: comparison.view,
      generation: comparison.generation,
      repair: isChain ? repairChain(parts) : RECOMPUTE,
      hint: 'The differing values are listed. What lies below the cut is healed by `twofold batch run --full`, what lies above it by `twofold repair chain`.',
    },
  )
}

/** The raw events of a view cannot be read, so nothing can be said of its values. */
export function rawFinding({ view }: ServedParts, error: TwofoldError): Finding {
  return harmless(
    {
      code: 'RAW_EVENTS_MISSING',
      message: `View ${view.name} cannot be held against its raw events: ${error.message}`,
      details: { view: view.name, cause: error.code, ...error.details },
    },
    {
      hint: 'Neither the archive nor Kafka has these records. Published answers stay as they are, and cannot be recomputed: restore the segment from a copy.',
    },
  )
}

/** Answers still hold records that were declared lost, so nothing can be said of their values. */
export function heldFinding({ view, seq }: ServedParts, lost: readonly OffsetRange[]): Finding {
  const [{ partition, start, end }] = lost as [OffsetRange]
  return harmless(
    {
      code: 'RAW_EVENTS_MISSING',
      message: `View ${view.name} cannot be held against its raw events: it had read records before they were declared lost (partition ${partition}, offsets ${start} to ${end}${more(lost)}).`,
      details: { view: view.name, generation: seq, lost },
    },
    {
      repair: 'twofold batch run',
      hint: 'Answers are right and hold them still. The next publication that passes these offsets takes them out of answers, which then tell so in their coverage.',
    },
  )
}

function placeOf({ view, generation, seq }: ServedParts, kind: 'speed' | 'batch') {
  const table = (kind === 'speed' ? speedTable(view) : batchTable(view)).replaceAll('`', '')
  return { view: view.name, version: view.version, chain: generation.chain, generation: seq, table }
}

function repairChain({ view }: ServedParts): string {
  return `twofold repair chain --view ${view.name}`
}

function breakText({ what, partition, lane, seq, start, end }: ChainBreak): string {
  const place = `partition ${partition}, lane ${lane}, number ${seq}`
  return BREAKS[what](`offsets ${start} to ${end}`, place)
}

const BREAKS: { readonly [W in ChainBreak['what']]: (offsets: string, place: string) => string } = {
  gap: (offsets, place) => `${offsets} are missing (${place})`,
  overlap: (offsets, place) => `${offsets} begin inside what is recorded already (${place})`,
  misplaced: (offsets, place) => `${offsets} are recorded in a lane or block that is not theirs (${place})`,
  'out of order': (offsets, place) => `${offsets} have a lower number than offsets before them (${place})`,
  'beyond the log': (offsets, place) => `${offsets} are not in the log (${place})`,
  'two writers': (offsets, place) => `two writers have recorded ${offsets} under one number (${place})`,
  'missing number': (_, place) => `a number has no marker (${place})`,
}

function blockText({ partition, block, what, expected, found }: BlockDifference): string {
  return `in partition ${partition}, block ${block}, the ${what} should hold ${expected}, and hold ${found}`
}

function more(items: readonly unknown[]): string {
  return items.length > 1 ? `, and ${items.length - 1} more` : ''
}
