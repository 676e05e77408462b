import { describe, expect, it } from 'vitest'
import { statusLine, statusText } from '../../../../cli/output/status-text.ts'
import type { BatchHeartbeat, Heartbeat, SpeedStreamState } from '../../../../core/io/store/heartbeats.ts'
import type { JobRecord } from '../../../../core/io/store/job-store.ts'
import type { Status } from '../../../../serving/status.ts'

const beat = (layer: Heartbeat['layer'], body: unknown = {}): Heartbeat => ({
  ...{ layer, instance: layer, ageMs: 1, body },
})
const lane = (fields: Partial<SpeedStreamState> = {}): SpeedStreamState => ({
  ...{ topic: 'flights', lanes: [0], views: [], freshAtMs: 1, partitions: [], recordsPerSecond: 500.4 },
  ...{ state: 'running', error: undefined },
  ...fields,
})
const batchBody: BatchHeartbeat = {
  streams: [{ topic: 'flights', partitions: [], error: undefined }],
  job: undefined,
  nextJobAtMs: 60_000,
  lastError: undefined,
}
const job = (id: string, kind: string, state: string, body: Partial<JobRecord> = {}) => ({
  ...{ id, kind, state, at: '2026-02-01T11:30:00.000000Z', body },
})

/** A platform that is well. */
const STATUS: Status = {
  generation: { seq: 12, publishedAtMs: 0, reason: 'extend', paused: false, rolledBackTo: null },
  streams: [
    {
      topic: 'flights',
      freshnessMs: 240,
      recordsPerSecond: 500.4,
      partitions: [
        {
          ...{ partition: 0, begin: 100, archivedEnd: 900, lost: 1200, cut: 800 },
          ...{ speedEnd: 1090, logEnd: 1100, lag: 10, freshnessMs: 240 },
        },
        {
          ...{ partition: 1, begin: 0, archivedEnd: null, lost: null, cut: 0 },
          ...{ speedEnd: null, logEnd: 0, lag: null, freshnessMs: null },
        },
      ],
    },
  ],
  views: [],
  layers: [beat('ingest'), beat('speed', { streams: [lane()] }), beat('batch', batchBody)],
  jobs: [],
  quarantined: [{ stream: 'flights', view: '', reason: 'invalid_json', records: 2 }],
}

describe('the status', () => {
  it('says what a changed definition waits for', () => {
    const held = { view: 'delays', serves: 'v1', waits: 'v2', partition: 3, reached: 10, needed: 20 }
    const layers = [beat('batch', { ...batchBody, waiting: [held] })]
    expect(statusText({ ...STATUS, layers })).toContain(
      'View delays: version v1 serves until version v2 has come as far; its chain is at offset 10 of 20 in partition 3.',
    )
  })

  it('fits one line', () => {
    expect(statusLine(STATUS)).toBe(
      '1,000 events in · 500/s · fresh 240 ms · generation 12 · cut 700 (70 %) · 2 quarantined',
    )
  })

  it('says what is not known yet', () => {
    const streams = [{ ...STATUS.streams[0]!, freshnessMs: null, partitions: [] }]
    expect(statusLine({ ...STATUS, generation: null, streams, quarantined: [] })).toBe(
      '0 events in · 500/s · fresh ? · no generation yet · cut 0 (0 %) · 0 quarantined',
    )
  })

  it('shows partitions, layers, the next job and what was set aside, and no problems where there are none', () => {
    const text = statusText(STATUS)
    expect(text).toMatch(/^Generation 12, published 1970-01-01T00:00:00.000Z \(extend\)$/m)
    expect(text).toMatch(/^ +0 +100 +800 +900 +1090 +1100 +10 +240 ms$/m)
    expect(text).toMatch(/^ +1 +0 +0 +\? +\? +0 +\? +\?$/m)
    expect(text).toContain('Layers alive: batch, ingest, speed\nNext batch job: 1970-01-01T00:01:00.000Z')
    expect(text).toMatch(/^Of partition 0, 1,200 offsets were declared lost\.$/m)
    expect(text).toMatch(/^flights +invalid_json +2$/m)
    expect(text).not.toContain('Problems')
  })

  it('says which generation a roll-back has brought back, and that the schedule is paused', () => {
    const generation = { ...STATUS.generation!, reason: 'rollback' as const, paused: true, rolledBackTo: 10 }
    const text = statusText({ ...STATUS, generation })
    expect(text).toContain(
      'Generation 12, published 1970-01-01T00:00:00.000Z (rollback to generation 10); scheduled',
    )
    expect(text).not.toContain('Next batch job')
  })

  it('shows the job at work in place of the next one', () => {
    const busy = { ...batchBody, job: { kind: 'full', progress: 0.426 } }
    expect(statusText({ ...STATUS, layers: [beat('batch', busy)] })).toContain(
      'Batch job at work: full, 42 %',
    )
  })
})

describe('problems', () => {
  const problemsOf = (change: Partial<Status>) => {
    const [head, ...problems] = statusText({ ...STATUS, ...change })
      .split('\n\n')[0]!
      .split('\n')
    return head === 'Problems' ? problems : []
  }
  const withBatch = (change: Partial<BatchHeartbeat>) => [
    ...STATUS.layers.filter(({ layer }) => layer !== 'batch'),
    beat('batch', { ...batchBody, ...change }),
  ]
  const withLane = (change: Partial<SpeedStreamState>) => [
    ...STATUS.layers.filter(({ layer }) => layer !== 'speed'),
    beat('speed', { streams: [lane(), lane({ lanes: [1], ...change })] }),
  ]

  it.each<[what: string, change: Partial<Status>, problems: string[]]>([
    [
      'event times in another unit, once for all lanes',
      {
        layers: [
          beat('ingest'),
          beat('speed', {
            streams: [lane({ warning: 'seconds?' }), lane({ lanes: [1], warning: 'seconds?' })],
          }),
          beat('batch', batchBody),
        ],
      },
      ['- Stream flights: seconds?'],
    ],
    [
      'layers that are not there',
      { layers: [] },
      [
        '- The ingest layer gives no sign of life: no events come in over HTTP.',
        '- The speed layer gives no sign of life: new events do not reach answers.',
        '- The batch layer gives no sign of life: nothing is archived or recomputed.',
      ],
    ],
    [
      'a lane that fails',
      { layers: withLane({ state: 'waiting', error: 'the chain is\n  broken' }) },
      ['- Lane 1 of flights tries again after: the chain is broken'],
    ],
    [
      'a partition that no worker reads',
      {
        streams: [
          {
            ...STATUS.streams[0]!,
            partitions: [{ ...STATUS.streams[0]!.partitions[1]!, logEnd: null }],
          },
        ],
      },
      ['- No speed worker reads flights in partition 1.'],
    ],
    [
      'an archiver that fails',
      { layers: withBatch({ streams: [{ topic: 'flights', partitions: [], error: 'the disk is full' }] }) },
      ['- The archiver of flights tries again after: the disk is full'],
    ],
    [
      'a scheduled job that could not begin',
      { layers: withBatch({ lastError: 'segments are missing' }) },
      ['- The last scheduled batch job could not be done: segments are missing'],
    ],
    [
      'a job that failed, once',
      {
        layers: withBatch({ lastError: 'no memory' }),
        jobs: [
          job('j3', 'full', 'failed', { error: { code: undefined, message: 'no memory' } }),
          job('j2', 'full', 'failed', { error: { code: undefined, message: 'no memory' } }),
        ],
      },
      ['- The full job j3 failed at 2026-02-01T11:30:00.000000Z: no memory'],
    ],
    [
      'a failed recomputation, although extensions went well since',
      {
        jobs: [
          job('j3', 'extend', 'done'),
          job('j2', 'full', 'failed', { error: { code: undefined, message: 'no memory' } }),
        ],
      },
      ['- The full job j2 failed at 2026-02-01T11:30:00.000000Z: no memory'],
    ],
    [
      'no failure that a later job made up for',
      { jobs: [job('j2', 'full', 'done'), job('j1', 'extend', 'failed')] },
      [],
    ],
    [
      'layers that differed',
      {
        jobs: [job('j1', 'extend', 'done', { generation: 12, drift: [{}, {}] })],
      },
      [
        '- The extend job j1 found 2 blocks in which the layers differed; generation 12 has healed them. `twofold status --json` lists them.',
      ],
    ],
    [
      'a schedule that is paused',
      { generation: { ...STATUS.generation!, reason: 'rollback', paused: true, rolledBackTo: 10 } },
      ['- Scheduled batch runs are paused: `twofold batch resume`.'],
    ],
  ])('tell of %s', (_what, change, problems) => {
    expect(problemsOf(change)).toEqual(problems)
    const counted = /(\d+) problems? \(twofold status\)$/.exec(statusLine({ ...STATUS, ...change }))
    expect(Number(counted?.[1] ?? 0)).toBe(problems.length)
  })
})
