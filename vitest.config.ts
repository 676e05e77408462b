import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: more files at a time would only make real servers slower than their own time-outs.
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
  },
})
