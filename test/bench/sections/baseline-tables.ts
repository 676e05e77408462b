import type { Workload } from '../rig/workload.ts'

export const RAW_TABLE = 'raw'

interface BaselineTables {
  readonly raw: string
  readonly views: readonly string[]
}

const FLIGHT_MEASURES = `sumSimpleState(toUInt64(1)) AS flights, avgState(delay) AS delay_mean,
  quantilesDDState(0.005, 0.95)(delay) AS delay_p95, uniqCombined64State(origin || '-' || destination) AS routes,
  maxState(delay) AS delay_max`

/** The tables of the examples' views as one would write them in ClickHouse. */
export const BASELINE_TABLES: { readonly [K in Workload['name']]: BaselineTables } = {
  shop: {
    raw: `CREATE TABLE ${RAW_TABLE} (event_id UUID, ts DateTime64(6, 'UTC'), user_id UInt64, action LowCardinality(String),
      country String, url String, amount Nullable(Decimal(18, 2)), device Tuple(os String, mobile Bool),
      load_ms Nullable(Float64)) ENGINE = MergeTree ORDER BY ts`,
    views: [
      rollUp(
        'sales_by_minute',
        'minute, country, os',
        `toStartOfMinute(ts) AS minute, country, device.os AS os, sumSimpleState(toUInt64(1)) AS events,
          countIfState(action = 'purchase') AS orders, sumState(amount) AS revenue,
          avgIfState(amount, action = 'purchase') AS order_mean, minIfState(amount, action = 'purchase') AS smallest_order,
          maxState(amount) AS largest_order, uniqCombined64State(user_id) AS visitors,
          uniqCombined64IfState(user_id, action = 'purchase') AS buyers,
          quantilesDDState(0.005, 0.5)(load_ms) AS load_ms_median,
          quantilesDDState(0.005, 0.5, 0.95, 0.99)(load_ms) AS load_ms_p,
          argMinState(url, ts) AS first_url, argMaxState(url, ts) AS last_url`,
      ),
      rollUp(
        'purchases_by_hour',
        'hour, page, mobile',
        `toStartOfHour(ts) AS hour, extract(url, '^https?://[^/]+(/[^/?]*)') AS page, device.mobile AS mobile,
          sumSimpleState(toUInt64(1)) AS orders, sumState(amount) AS revenue, uniqCombined64State(user_id) AS buyers,
          argMaxState(user_id, amount) AS best_customer`,
        `WHERE action = 'purchase' AND amount > 0`,
      ),
    ],
  },
  flights: {
    raw: `CREATE TABLE ${RAW_TABLE} (date DateTime64(6, 'UTC'), delay Int64, distance Int64, origin String,
      destination String) ENGINE = MergeTree ORDER BY date`,
    views: [
      rollUp('delays_by_hour', 'hour, origin', `toStartOfHour(date) AS hour, origin, ${FLIGHT_MEASURES}`),
      rollUp(
        'routes_by_day',
        'day, origin, destination',
        `toStartOfDay(date) AS day, origin, destination, ${FLIGHT_MEASURES}`,
      ),
    ],
  },
}

function rollUp(name: string, keys: string, columns: string, where = ''): string {
  return `CREATE MATERIALIZED VIEW ${name} ENGINE = AggregatingMergeTree ORDER BY (${keys}) AS
    SELECT ${columns} FROM ${RAW_TABLE} ${where} GROUP BY ${keys}`
}
