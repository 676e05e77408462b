import { configDefaults, defineConfig } from 'vitest/config'

/**
 * What takes too long for every run: `npm run test:fault` has it all. Of the other files, `npm test` plays what is not
 * marked as long; together it must stay within the time that `test/support/closing-line.ts` allows.
 */
const LONG_FAULTS = [
  'test/fault/scenarios/{archive-damaged,batch-killed,clickhouse-killed,clocks,collection,definitions}.test.ts',
  'test/fault/scenarios/{full-disk,kafka-broker,lanes,network,platform,speed-zombie}.test.ts',
  'test/soak/soak.test.ts',
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
