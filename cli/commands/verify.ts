import {
  type Finding,
  type StreamReport,
  type VerifyReport,
  verifyPlatform,
} from '../../batch-layer/commands.ts'
import { EXIT_DATA_AT_FAULT } from '../exit-codes.ts'
import { commandLog } from '../output/layer-log.ts'
import { outputMode, present } from '../output/mode.ts'
import { grouped } from '../output/numbers.ts'
import { openProgress } from '../output/progress.ts'
import { withContext } from '../platform/context.ts'
import { type GlobalFlags, openWorkspace } from '../project/workspace.ts'

/** Checks the archive, the chains and every view's answers. The exit code is 4 where something is wrong. */
export async function verify(flags: GlobalFlags): Promise<void> {
  const workspace = await openWorkspace(flags)
  const progress = openProgress()
  const report = await withContext(workspace, commandLog('verify'), context =>
    verifyPlatform(context, (done, total, text) => progress.update(done, total, `checking ${text}`)),
  ).finally(() => progress.stop())
  present(outputMode(flags), report, reportText)
  if (!report.ok) process.exitCode = EXIT_DATA_AT_FAULT
}

function reportText({ ok, streams, views, findings }: VerifyReport): string {
  const checked = [
    ...streams.map(
      ({ topic, segments, records, lost }) =>
        `Archive of ${topic}: ${grouped(segments)} segments, ${grouped(records)} records${lost.map(lostText).join('')}`,
    ),
    ...views.map(
      ({ view, events, groups, differences }) =>
        `View ${view}: ${grouped(events)} events in ${grouped(groups)} groups, recomputed from the raw events: ${differences.length === 0 ? 'equal' : 'NOT EQUAL'}`,
    ),
  ]
  return [...checked, '', ok ? 'All is well.' : `${findings.length} findings:`, ...findings.map(findingText)]
    .join('\n')
    .trim()
}

function lostText({ partition, start, end }: StreamReport['lost'][number]): string {
  return `; of partition ${partition}, offsets ${start} to ${end} were declared lost`
}

function findingText(finding: Finding): string {
  const { code, message, answersAffected, view, generation, repair, hint } = finding
  const whose = view === undefined ? 'answers' : `answers of view ${view}`
  const since = generation === undefined ? '' : ` through generation ${generation}`
  return [
    '',
    `${code}: ${message}`,
    `  answers: ${answersAffected ? `AFFECTED: ${whose}${since}` : 'not affected'}`,
    `  repair:  ${repair ?? 'no command mends this'}`,
    `  hint:    ${hint}`,
  ].join('\n')
}
