import { describe, expect, it } from 'vitest'
import { statusLine, statusText } from '../../../../cli/output/status-text.ts'
import type { Status } from '../../../../serving/status.ts'

const STATUS: Status = {
  generation: { seq: 12, publishedAtMs: 0, reason: 'rollback', paused: true, rolledBackTo: 10 },
  streams: [
    {
      topic: 'flights',
      freshnessMs: 240,
      recordsPerSecond: 500.4,
      partitions: [
        {
          partition: 0,
          begin: 100,
          archivedEnd: 900,
          lost: 1200,
          cut: 800,
          speedEnd: 1090,
          logEnd: 1100,
          lag: 10,
        },
        {
          partition: 1,
          begin: 0,
          archivedEnd: null,
          lost: null,
          cut: 0,
          speedEnd: null,
          logEnd: null,
          lag: null,
        },
      ],
    },
  ],
  views: [],
  layers: [{ layer: 'speed', instance: 'a', ageMs: 1, body: {} }],
  jobs: [],
  quarantined: [{ stream: 'flights', view: '', reason: 'invalid_json', records: 2 }],
}

describe('the status', () => {
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

  it('shows partitions, a paused schedule and what was set aside', () => {
    const text = statusText(STATUS)
    expect(text).toContain(
      'Generation 12, published 1970-01-01T00:00:00.000Z (rollback to generation 10); scheduled',
    )
    expect(text).toMatch(/^ +0 +100 +800 +900 +1090 +1100 +10$/m)
    expect(text).toMatch(/^ +1 +0 +0 +\? +\? +\? +\?$/m)
    expect(text).toMatch(/^Of partition 0, 1,200 offsets were declared lost\.$/m)
    expect(text).toContain('Layers alive: speed')
    expect(text).toMatch(/^flights +invalid_json +2$/m)
  })
})
