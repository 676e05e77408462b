import type { ColumnBuilder } from '../../core/define/types.ts'

/** A type for a column: as it is written in a configuration, and what that makes. */
export interface TypeProposal {
  readonly source: string
  readonly column: ColumnBuilder
}
