import { describe, expect, it } from 'vitest'
import type { BoundMeasure, BoundView } from '../../../../core/model/view.ts'
import { compileView, inputColumns, rowFields, stateColumns } from '../../../../core/sql/compiled-view.ts'

const number = { type: 'BIGINT', byType: undefined } as const
const filter = 'x > 0'

function viewOf(measures: readonly BoundMeasure[]): BoundView {
  return {
    name: 'v',
    version: '000000000000',
    stream: {} as BoundView['stream'],
    where: undefined,
    grain: 'day',
    dimensions: [],
    measures,
  }
}

const names = (columns: readonly { readonly name: string }[]) => columns.map(({ name }) => name)

describe('the measures of a view', () => {
  it('share expressions, partials and states that are equal', () => {
    const compiled = compileView(
      viewOf([
        {
          name: 'median',
          measure: { kind: 'quantiles', expression: 'x', levels: [0.5], single: true },
          ...number,
        },
        {
          name: 'all',
          measure: {
            kind: 'quantiles',
            expression: 'x',
            levels: [0.5, 0.9],
            single: false,
          },
          ...number,
        },
        { name: 'mean', measure: { kind: 'avg', expression: 'x' }, ...number },
        { name: 'total', measure: { kind: 'sum', expression: 'x' }, ...number },
      ]),
    )
    expect(new Set(names(rowFields(compiled)))).toEqual(new Set(['median__value']))
    expect(names(inputColumns(compiled))).toEqual(['median__bins', 'mean__sum', 'mean__count'])
    expect(names(stateColumns(compiled))).toEqual(['median__bins', 'mean__sum', 'mean__count'])
    expect(compiled.measures.find(({ name }) => name === 'total')!.finish).toContain('sum(mean__sum)')
  })

  it('do not share what differs in its filter', () => {
    const compiled = compileView(
      viewOf([
        { name: 'all', measure: { kind: 'count' }, type: undefined, byType: undefined },
        { name: 'some', measure: { kind: 'count', filter }, type: undefined, byType: undefined },
        { name: 'again', measure: { kind: 'count', filter }, type: undefined, byType: undefined },
      ]),
    )
    expect(names(stateColumns(compiled))).toEqual(['all__count', 'some__count'])
    expect(names(rowFields(compiled))).toEqual(['some__filter'])
  })

  it('keep what their revision says: quantiles bound by 0.1.0 have no least and no greatest value', () => {
    const measure = { kind: 'quantiles', expression: 'x', levels: [0.5], single: true } as const
    const statesOf = (revision?: number) =>
      names(
        stateColumns(
          compileView(viewOf([{ name: 'median', measure, ...number, ...(revision && { revision }) }])),
        ),
      )
    expect(statesOf()).toEqual(['median__bins'])
    expect(statesOf(1)).toEqual(['median__bins', 'median__min', 'median__max'])
  })
})
