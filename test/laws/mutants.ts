import type { Mutant } from './mutant.ts'

/** Whatever keeps an insert from being carried out twice, from its condition up to the format. */
const GUARD = /\nWHERE \(SELECT [\s\S]*\nFORMAT Parquet$/

const ofSpeed = (change: (sql: string) => string) => (sql: string) =>
  sql.startsWith('INSERT INTO `speed_') ? change(sql) : sql

/** Faults that must not go unnoticed, each with the words by which it is found out. */
export const MUTANTS: readonly (Mutant & { readonly foundBy: RegExp })[] = [
  {
    name: 'links are inserted without guard and token',
    isTokenless: true,
    clickhouse: ofSpeed(sql => sql.replace(GUARD, '\nFORMAT Parquet')),
    foundBy: /./,
  },
  {
    name: 'chunks of runs are inserted without guard and token',
    isTokenless: true,
    clickhouse: sql => (sql.startsWith('INSERT INTO `batch_') ? sql.replace(GUARD, '\nFORMAT Parquet') : sql),
    foundBy: /./,
  },
  {
    name: 'pointers are published without guard and token',
    isTokenless: true,
    clickhouse: sql =>
      sql.startsWith('INSERT INTO pointers') ? sql.replace(/WHERE [\s\S]* FORMAT/, 'FORMAT') : sql,
    foundBy: /./,
  },
  {
    name: 'a link carries its partials but no markers',
    clickhouse: ofSpeed(sql => sql.replace('\nWHERE ', '\nWHERE __kind = 0 AND ')),
    foundBy: /./,
  },
  {
    name: 'a link carries its markers but no partials',
    clickhouse: ofSpeed(sql => sql.replace('\nWHERE ', '\nWHERE __kind = 1 AND ')),
    foundBy: /./,
  },
  {
    name: 'answers take the speed layer from one block below the cut',
    clickhouse: sql => sql.replaceAll('__block >= transform', '__block + 4 >= transform'),
    foundBy: /./,
  },
  {
    name: 'answers take the speed layer from one block above the cut',
    clickhouse: sql => sql.replaceAll('__block >= transform', '__block > transform'),
    foundBy: /./,
  },
  {
    name: 'answers leave the runs out',
    clickhouse: sql => sql.replace('WHERE __run IN (', "WHERE __run = '' AND __run IN ("),
    foundBy: /./,
  },
  {
    name: 'answers take runs that the generation does not name',
    clickhouse: sql => sql.replace(/WHERE __run IN \([^)]*\)/, 'WHERE 1'),
    foundBy: /./,
  },
  {
    name: 'the speed layer folds across blocks',
    duckdb: sql =>
      sql
        .replace(
          '__kind, __partition, __block, __bucket',
          '__kind, __partition, min(__block) AS __block, __bucket',
        )
        .replace('GROUP BY __partition, __block, __bucket', 'GROUP BY __partition, __bucket'),
    foundBy: /./,
  },
  {
    name: 'a run misses the last record of each segment',
    duckdb: sql =>
      sql.replace(/(read_parquet\('[^']*'\) WHERE __offset >= \d+ AND __offset < \d+)/, '$1 - 1'),
    foundBy: /./,
  },
  {
    name: 'a collection takes one block too many',
    clickhouse: sql =>
      sql.startsWith('ALTER TABLE') ? sql.replace('__block < transform', '__block <= transform') : sql,
    foundBy: /./,
  },
]
