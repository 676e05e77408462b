import { defineProject, m, stream, t, view } from 'twofold-analytics'

/** Three million flights in the United States, January to June 2001, in the order of their departure. */
const flights = stream({
  topic: 'flights',
  time: 'date',
  schema: {
    date: t.timestamp(),
    /** Minutes behind the timetable; negative where it left early. */
    delay: t.int64(),
    /** Miles. */
    distance: t.int64(),
    origin: t.string(),
    destination: t.string(),
  },
  // All flights from one airport share a partition: fewer partials than if each partition had some of every airport.
  key: 'origin',
  partitions: 4,
  // Small, so that the batch layer is seen to take over soon after the events came.
  blockSize: 4096,
})

const measures = {
  flights: m.count(),
  delay_mean: m.avg('delay'),
  delay_p95: m.quantile('delay', 0.95),
  routes: m.uniq("origin || '-' || destination"),
  delay_max: m.max('delay'),
}

const delaysByHour = view({
  name: 'delays_by_hour',
  from: flights,
  grain: 'hour',
  dimensions: { origin: 'origin' },
  measures,
})

const routesByDay = view({
  name: 'routes_by_day',
  from: flights,
  grain: 'day',
  dimensions: { origin: 'origin', destination: 'destination' },
  measures,
})

export default defineProject({
  streams: [flights],
  views: [delaysByHour, routesByDay],
  batch: { every: '30 seconds' },
  // Soon, so that the batch layer can be watched at work; the default saves files.
  options: { archiveFlushMs: 5000 },
  sample: {
    into: flights,
    file: 'npm:vega-datasets/data/flights-3m.parquet',
    history: 2_800_000,
    ratePerSecond: 500,
  },
})
