import type { BoundView } from '../model/view.ts'
import { duckdbName } from './text.ts'

/*
 * A view that takes a list apart is folded over the elements of its events, and yet accounted by event: an event has one
 * verdict, and counts in tallies and digests once, by its first element that passes.
 */

/** A view's list, and the event that elements belong to. */
export type UnnestedView = BoundView & { readonly unnest: NonNullable<BoundView['unnest']> }

export function isUnnested(view: BoundView): view is UnnestedView {
  return view.unnest !== undefined
}

/**
 * The rows of `relation`, one for each element of the view's list, with `__list` (a struct, NULL where the list's
 * expression fails), `__position` from 1 on, and the element by its name. A row whose list is empty or not there stands
 * once, with `__is_element` false.
 */
export function elementsSql({ unnest: { name, expression } }: UnnestedView, relation: string): string {
  const size = 'coalesce(len(__list.list), 0)'
  return `(SELECT *, __list.list[__position] AS ${duckdbName(name)}, __position <= ${size} AS __is_element
  FROM (SELECT *, unnest(range(1, greatest(${size}, 1) + 1)) AS __position
    FROM (SELECT *, CASE WHEN __accepted THEN TRY({'list': (${expression})}) END AS __list FROM ${relation})))`
}

/**
 * A member to end the struct of a TRY over members of the element. Where nothing reads an object as a whole, DuckDB
 * computes its members, and casts of them, ahead of the TRY, where they fail the statement.
 */
export function wholeElement(view: Pick<BoundView, 'unnest'>): string {
  return view.unnest === undefined ? '' : `, '__whole': ${duckdbName(view.unnest.name)} IS NULL`
}

/** What tells the events of a relation apart. */
export function eventKeys({ stream }: Pick<BoundView, 'stream'>): string {
  return stream.framing === undefined ? '__partition, __offset' : '__partition, __offset, __element'
}
