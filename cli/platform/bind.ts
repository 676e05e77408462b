import { tmpdir } from 'node:os'
import { compileDecoder } from '../../core/decode/compile.ts'
import { bindProject } from '../../core/io/duckdb/bind-view.ts'
import { openDuckDB } from '../../core/io/duckdb/session.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'
import type { BoundView } from '../../core/model/view.ts'

/**
 * Makes sure that a project's streams can be decoded, and binds its views. Needs no server.
 * @throws SCHEMA_INVALID naming the column; EXPRESSION_INVALID, FUNCTION_NOT_ALLOWED naming view and field
 */
export async function bindViews(project: ProjectDefinition): Promise<BoundView[]> {
  for (const stream of project.streams) compileDecoder(stream)
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 256, tempDirectory: tmpdir() })
  try {
    return await bindProject(await duckdb.session(), project)
  } finally {
    await duckdb.close()
  }
}
