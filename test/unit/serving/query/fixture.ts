import type { BoundView } from '../../../../core/model/view.ts'
import { type CompiledView, compileView } from '../../../../core/sql/compiled-view.ts'
import { events } from '../../../support/all-kinds.ts'

/** A bound view of some grain, with a dimension of each type. */
export function compiledView(grain: BoundView['grain'] = 'minute'): CompiledView {
  const dimension = (name: string, type: string) => ({ name, expression: name, type })
  return compileView({
    name: 'sales',
    version: '0123456789ab',
    stream: events,
    where: undefined,
    grain,
    dimensions: [
      dimension('country', 'VARCHAR'),
      dimension('amount', 'BIGINT'),
      dimension('visitor', 'UBIGINT'),
      dimension('price', 'DECIMAL(10,2)'),
      dimension('ratio', 'DOUBLE'),
      dimension('paid', 'BOOLEAN'),
      dimension('day', 'DATE'),
      dimension('moment', 'TIMESTAMP'),
    ],
    measures: [
      { name: 'orders', measure: { kind: 'count' }, type: undefined, byType: undefined },
      {
        name: 'revenue',
        measure: { kind: 'sum', expression: 'price' },
        type: 'DECIMAL(10,2)',
        byType: undefined,
      },
      {
        name: 'ratios',
        measure: { kind: 'quantiles', expression: 'ratio', levels: [0.5], single: false },
        type: 'DOUBLE',
        byType: undefined,
      },
    ],
  })
}
