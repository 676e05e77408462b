import { tmpdir } from 'node:os'
import { bindProject } from '../../core/io/duckdb/bind-view.ts'
import { openDuckDB } from '../../core/io/duckdb/session.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'
import type { BoundView } from '../../core/model/view.ts'

/** Binds a project's views. Needs no server. @throws EXPRESSION_INVALID, FUNCTION_NOT_ALLOWED naming view and field */
export async function bindViews(project: ProjectDefinition): Promise<BoundView[]> {
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 256, tempDirectory: tmpdir() })
  try {
    return await bindProject(await duckdb.session(), project)
  } finally {
    await duckdb.close()
  }
}
