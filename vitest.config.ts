import { configDefaults, defineConfig } from 'vitest/config'

/**
 * What takes too long for every run: `npm run test:fault` has it all. Of the other files, `npm test` plays what is not
 * marked as long; `test/support/closing-line.ts` says whether together it stays within its time.
 */
export const LONG_FAULTS = [
  'test/end-to-end/repair.test.ts',
  'test/fault/scenarios/archive-damaged.test.ts',
  'test/fault/scenarios/batch-killed.test.ts',
  'test/fault/scenarios/clickhouse-killed.test.ts',
  'test/fault/scenarios/clocks.test.ts',
  'test/fault/scenarios/collection.test.ts',
  'test/fault/scenarios/definitions.test.ts',
  'test/fault/scenarios/full-disk.test.ts',
  'test/fault/scenarios/kafka-broker.test.ts',
  'test/fault/scenarios/kafka-topic.test.ts',
  'test/fault/scenarios/lanes.test.ts',
  'test/fault/scenarios/network.test.ts',
  'test/fault/scenarios/platform.test.ts',
  'test/fault/scenarios/speed-zombie.test.ts',
  'test/soak/soak.test.ts',
]

/** What `npm run test:field` has alone. */
export const LONG_FIELD = ['test/end-to-end/lists.test.ts']

export default defineConfig({
  test: {
    globalSetup: './build.js',
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...excluded()],
    // Limits to end by, not promises: what must be fast is measured by `npm run bench`.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Two cores: more files at a time would only make real servers slower than their own time-outs.
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
  },
})

function excluded(): string[] {
  return [
    ...(process.env['FAULT_FULL'] === '1' ? [] : LONG_FAULTS),
    ...(process.env['FIELD_FULL'] === '1' ? [] : LONG_FIELD),
  ]
}
