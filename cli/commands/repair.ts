import {
  type ArchiveRepairReport,
  type ChainRepairReport,
  repairArchive,
  repairChain,
} from '../../batch-layer/commands.ts'
import { buildChain } from '../../speed-layer/build-chain.ts'
import { EXIT_DATA_AT_FAULT } from '../exit-codes.ts'
import { commandLog } from '../output/layer-log.ts'
import { outputMode, present } from '../output/mode.ts'
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

function chainText({ view, from, to, begin, generation }: ChainRepairReport): string {
  const where = Object.keys(begin).length === 0 ? 'the beginning' : `offsets ${JSON.stringify(begin)}`
  return generation === undefined
    ? `View ${view}: the chain ${to} would be built from ${where}, and take the place of ${from}.`
    : `View ${view}: the chain ${to} was built from ${where}; since generation ${generation} it stands in the place of ${from}.`
}
