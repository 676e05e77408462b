import {
  type ArchiveRepairReport,
  acceptLoss,
  type ChainRepairReport,
  type LossReport,
  repairArchive,
  repairChain,
} from '../../batch-layer/commands.ts'
import { buildChain } from '../../speed-layer/build-chain.ts'
import { EXIT_DATA_AT_FAULT } from '../exit-codes.ts'
import { commandLog } from '../output/layer-log.ts'
import { outputMode, present } from '../output/mode.ts'
import { grouped } from '../output/numbers.ts'
import { openProgress } from '../output/progress.ts'
import { withContext } from '../platform/context.ts'
import { type GlobalFlags, openWorkspace } from '../project/workspace.ts'

interface ArchiveFlags extends GlobalFlags {
  readonly stream?: string
  readonly partition?: number
  readonly dryRun?: boolean
}

interface ChainFlags extends GlobalFlags {
  readonly view: string
  readonly dryRun?: boolean
}

interface LossFlags extends GlobalFlags {
  readonly stream?: string
  readonly partition?: number
  readonly yes?: boolean
}

const log = commandLog('repair')

/** Restores the archive from Kafka. The exit code is 4 where offsets stay missing. */
export async function repairTheArchive(flags: ArchiveFlags): Promise<void> {
  const { stream, partition, dryRun: isDryRun } = flags
  const report = await withContext(await openWorkspace(flags), log, context =>
    repairArchive(context, { stream, partition, isDryRun }),
  )
  present(outputMode(flags), report, archiveText)
  if (!report.ok) process.exitCode = EXIT_DATA_AT_FAULT
}

/** Rebuilds the chain of a view from Kafka and the archive. */
export async function repairTheChain(flags: ChainFlags): Promise<void> {
  const { view, dryRun: isDryRun } = flags
  const progress = openProgress()
  const report = await withContext(await openWorkspace(flags), log, context =>
    repairChain(context, {
      view,
      isDryRun,
      build: (chain, signal) => buildChain(context, chain, signal),
      onProgress: (done, total) => progress.update(done, total, `chain of ${view}`),
    }),
  ).finally(() => progress.stop())
  present(outputMode(flags), report, chainText)
}

/** Declares lost what Kafka deleted before it was archived. Without --yes it only tells, with exit code 4 where there is any. */
export async function acceptTheLoss(flags: LossFlags): Promise<void> {
  const { stream, partition, yes: isAccepted } = flags
  const report = await withContext(await openWorkspace(flags), log, context =>
    acceptLoss(context, { stream, partition, isAccepted }),
  )
  present(outputMode(flags), report, lossText)
  if (!report.isDeclared && report.partitions.length > 0) process.exitCode = EXIT_DATA_AT_FAULT
}

function archiveText({ isDryRun, partitions }: ArchiveRepairReport): string {
  if (partitions.length === 0) return 'The archive is whole: there is nothing to repair.'
  const restored = isDryRun ? 'would be restored from Kafka' : 'restored from Kafka'
  const moved = isDryRun ? 'would be moved into the quarantine' : 'moved into the quarantine'
  return partitions
    .flatMap(({ topic, partition, faults, restored: ranges, lost, setAside }) => [
      `${topic}, partition ${partition}`,
      ...faults.map(fault => `  found: ${fault}`),
      ...ranges.map(({ start, end }) => `  offsets ${start} to ${end}: ${restored}`),
      ...setAside.map(name => `  ${name}: ${moved}`),
      ...lost.flatMap(({ start, end, goneStart, goneEnd }) => [
        `  offsets ${start} to ${end}: left as they are, for Kafka no longer has offsets ${goneStart} to ${goneEnd}.`,
        '    Published answers still hold them. Restore the file from a copy; until then nothing that needs these offsets can be recomputed.',
      ]),
    ])
    .join('\n')
}

function lossText({ isDeclared, partitions }: LossReport): string {
  if (partitions.length === 0) return 'Nothing is lost: what is not archived, Kafka still has.'
  const declared = isDeclared ? 'declared lost' : 'would be declared lost'
  return [
    ...partitions.flatMap(({ topic, partition, start, end, files }) => [
      `${topic}, partition ${partition}: offsets ${start} to ${end} ${declared}, ${grouped(end - start)} records at most`,
      ...files.map(
        file =>
          `  ${file}: was left by an archiver and may hold some of them; ${isDeclared ? 'a copy is' : 'a copy would be kept'} in the quarantine`,
      ),
    ]),
    isDeclared
      ? 'The archive and the chains go on behind them. No answer over them is complete any more, and each says so.'
      : 'Nothing was done. With --yes they are given up for good: no later answer is complete, and each says so.',
  ].join('\n')
}

function chainText({ view, from, to, begin, generation }: ChainRepairReport): string {
  const where = Object.keys(begin).length === 0 ? 'the beginning' : `offsets ${JSON.stringify(begin)}`
  return generation === undefined
    ? `View ${view}: the chain ${to} would be built from ${where}, and take the place of ${from}.`
    : `View ${view}: the chain ${to} was built from ${where}; since generation ${generation} it stands in the place of ${from}.`
}
