import { tmpdir } from 'node:os'
import { type ChangePreview, previewChange, readRunningDefinitions } from '../../batch-layer/commands.ts'
import { openDuckDB } from '../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { archiveFolder } from '../../core/io/layer-context.ts'
import { deduplicationWindowOf } from '../../core/io/store/prepare.ts'
import { unpublished } from '../../core/model/pointer.ts'
import { wholeView } from '../../core/model/query.ts'
import type { BoundView } from '../../core/model/view.ts'
import { compileView } from '../../core/sql/compiled-view.ts'
import { judgeSql, partialsSql } from '../../core/sql/fold.ts'
import { mergeSql } from '../../core/sql/merge.ts'
import { createBatchTableSql, createSpeedTableSql } from '../../core/sql/tables.ts'
import { EXIT_DATA_AT_FAULT } from '../exit-codes.ts'
import { outputMode, present } from '../output/mode.ts'
import { previewText } from '../output/preview-text.ts'
import { bindViews } from '../platform/bind.ts'
import { type GlobalFlags, openWorkspace, type Workspace } from '../project/workspace.ts'

interface CheckedView {
  readonly name: string
  readonly version: string
  readonly stream: string
  readonly sql: {
    /** DuckDB: what both layers run over decoded events. */
    readonly fold: readonly string[]
    /** ClickHouse: where partials are kept. */
    readonly tables: readonly string[]
    /** ClickHouse: all measures by all dimensions and the finest time, before anything is published. */
    readonly merge: string
  }
}

interface CheckReport {
  readonly config: string
  readonly streams: readonly string[]
  readonly views: readonly CheckedView[]
}

/**
 * Validates a project, without any server, and shows what its views are compiled to; with `--against`, what would
 * change about archived records. The exit code is 4 where records that count now would be set aside.
 */
export async function check(flags: GlobalFlags & { readonly against?: number }): Promise<void> {
  const workspace = await openWorkspace(flags)
  const views = await bindViews(workspace.project)
  const report = reportOf(workspace, views)
  if (flags.against === undefined) return present(outputMode(flags), report, reportText)
  const against = await previewWorkspace(workspace, views, flags.against)
  present(outputMode(flags), { ...report, against }, () => previewText(against))
  if (against.isRefusing) process.exitCode = EXIT_DATA_AT_FAULT
}

async function previewWorkspace(
  { project, dataDir }: Workspace,
  views: readonly BoundView[],
  records: number,
): Promise<ChangePreview> {
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 1024, tempDirectory: tmpdir() })
  try {
    return await previewChange({
      session: await duckdb.session(),
      files: nodeFiles,
      archive: archiveFolder({ dataDir }),
      records,
      streams: project.streams,
      views,
      running: readRunningDefinitions(dataDir),
    })
  } finally {
    await duckdb.close()
  }
}

function reportOf({ configPath, project }: Workspace, views: readonly BoundView[]): CheckReport {
  return {
    config: configPath,
    streams: project.streams.map(({ topic }) => topic),
    views: views.map(checkedView),
  }
}

function checkedView(view: BoundView): CheckedView {
  const compiled = compileView(view)
  const { sql: merge } = mergeSql(compiled, unpublished(view.version), 0, wholeView(view, 1000))
  return {
    name: view.name,
    version: view.version,
    stream: view.stream.topic,
    sql: {
      fold: [judgeSql(compiled, 'events', 'judged'), partialsSql(compiled, 'judged', 'block')],
      tables: [
        createSpeedTableSql(compiled, deduplicationWindowOf(compiled.view.stream)),
        createBatchTableSql(compiled, deduplicationWindowOf(compiled.view.stream)),
      ],
      merge,
    },
  }
}

function reportText({ config, streams, views }: CheckReport): string {
  const sections = views.map(({ name, version, stream, sql }) =>
    [
      `── View ${name}, version ${version}, of stream ${stream}`,
      ['-- DuckDB: the fold of both layers', ...sql.fold].join('\n'),
      ['-- ClickHouse: tables', ...sql.tables].join('\n'),
      ['-- ClickHouse: merge', sql.merge].join('\n'),
    ].join('\n\n'),
  )
  const summary = `${config} is valid: ${streams.length} streams, ${views.length} views.`
  return [...sections, summary].join('\n\n')
}
