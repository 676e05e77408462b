import { describe, test } from 'vitest'
import { loadRdkafka } from '../../../core/io/kafka/rdkafka-module.ts'
import { describeDriverContract } from './contract/driver-contract.ts'

const installed = await loadRdkafka().then(
  () => true,
  () => false,
)

// Without the optional package there is one test, which says so, and no skipped one where it is installed.
if (installed) {
  describe('the Kafka driver node-rdkafka', () => {
    describeDriverContract('node-rdkafka', { nullHeaders: false })
  })
} else test.skip('the Kafka driver node-rdkafka: its optional package is not installed', () => {})
