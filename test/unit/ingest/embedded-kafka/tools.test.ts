import { expect, test } from 'vitest'
import { javaVersionIn } from '../../../../ingest/embedded-kafka/tools.ts'

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_412"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['some other program', undefined],
])('%s is version %s', (text, version) => {
  expect(javaVersionIn(text)).toBe(version)
})
