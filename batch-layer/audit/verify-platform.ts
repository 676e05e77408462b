import { walkChain } from '../../core/io/archive/segment-chain.ts'
import { verifySegment } from '../../core/io/archive/verify-segment.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { archiveFolder, type LayerContext } from '../../core/io/layer-context.ts'
import { readOrigins } from '../../core/io/store/partition-store.ts'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import { servedGeneration } from '../../core/io/store/publication-store.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { readReach, whyNotCovered } from '../publish/chain-reach.ts'
import { compareView, type ViewComparison } from './compare-view.ts'

/** What `verify` found. */
export interface VerifyReport {
  readonly ok: boolean
  readonly findings: readonly Finding[]
  readonly streams: readonly { readonly topic: string; readonly segments: number; readonly records: number }[]
  readonly views: readonly ViewComparison[]
}

/** Something wrong: what, where, what it means for answers, and what to do. */
export interface Finding {
  readonly code: string
  readonly message: string
  readonly answersAffected: boolean
  readonly hint: string
  readonly details: Readonly<Record<string, unknown>>
}

/**
 * Walks every segment and every chain, and computes each view anew from the raw events by plain SQL, which shares
 * nothing with the fold, to hold the merged answer against it.
 */
export async function verifyPlatform(
  context: LayerContext,
  onProgress: (text: string) => void,
): Promise<VerifyReport> {
  const findings: Finding[] = []
  const streams: VerifyReport['streams'][number][] = []
  for (const stream of context.project.streams) {
    onProgress(`archive of ${stream.topic}`)
    streams.push(await verifyArchive(context, stream, findings))
  }
  const views: ViewComparison[] = []
  const pointer = await readPointer(context.clickhouse)
  for (const configured of context.views) {
    onProgress(`view ${configured.name}`)
    await guarded(findings, true, async () => {
      const { view, generation } = await servedGeneration(context.clickhouse, configured, pointer)
      const reach = await readReach(context.clickhouse, view, generation.chain, generation.cut)
      const why = whyNotCovered(reach, generation.cut)
      if (why !== undefined) {
        throw new TwofoldError(
          'CHAIN_BROKEN',
          `The chain ${generation.chain} of view ${view.name}: ${why}.`,
          { details: { view: view.name } },
        )
      }
      const comparison = await compareView(context, view, generation, pointer?.seq ?? 0)
      views.push(comparison)
      if (comparison.differences.length > 0) findings.push(differenceFinding(comparison))
    })
  }
  return { ok: findings.length === 0, findings, streams, views }
}

async function verifyArchive(
  context: LayerContext,
  stream: StreamDefinition,
  findings: Finding[],
): Promise<VerifyReport['streams'][number]> {
  let segments = 0
  let records = 0
  const archive = archiveFolder(context)
  for (const origin of (await readOrigins(context.clickhouse, stream.topic)).values()) {
    await guarded(findings, false, async () => {
      const chain = await walkChain(nodeFiles, archive, origin)
      for (const segment of chain.segments) {
        await guarded(findings, false, () => verifySegment(nodeFiles, archive, segment))
        segments += 1
        records += segment.records
      }
    })
  }
  return { topic: stream.topic, segments, records }
}

/** Turns a registered error into a finding and goes on; anything else is a fault of the verification itself. */
async function guarded(
  findings: Finding[],
  answersAffected: boolean,
  check: () => Promise<void>,
): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (!(error instanceof TwofoldError)) throw error
    findings.push({
      code: error.code,
      message: error.message,
      answersAffected,
      hint: error.hint,
      details: error.details,
    })
  }
}

function differenceFinding(comparison: ViewComparison): Finding {
  return {
    code: 'ANSWER_DIFFERS',
    message: `View ${comparison.view} differs from the recomputation in ${comparison.differences.length} values, the first: ${comparison.differences[0]}.`,
    answersAffected: true,
    hint: 'Recompute and publish with `twofold batch run --full`; the differing values are listed.',
    details: { view: comparison.view, differences: comparison.differences },
  }
}
