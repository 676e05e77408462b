import { configDefaults, defineConfig } from 'vitest/config'

/** What takes too long for every run, together: `npm run test:fault` has it all. */
const LONG_FAULTS = [
  'test/fault/random/random.test.ts',
  'test/fault/scenarios/{archive-damaged,batch-killed,clickhouse-killed,clocks,collection,definitions}.test.ts',
  'test/fault/scenarios/{full-disk,kafka-broker,lanes,network,platform}.test.ts',
]

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(process.env['FAULT_FULL'] === '1' ? [] : LONG_FAULTS)],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: more files at a time would only make real servers slower than their own time-outs.
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
  },
})
