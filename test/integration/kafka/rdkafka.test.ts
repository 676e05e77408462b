import { describe, test } from 'vitest'
import { loadRdkafka } from '../../../core/io/kafka/rdkafka-module.ts'
import { describeDriverContract } from './contract/driver-contract.ts'

const installed = await loadRdkafka().then(
  () => true,
  () => false,
)

describe.runIf(installed)('the Kafka driver node-rdkafka', () => {
  describeDriverContract('node-rdkafka', { nullHeaders: false })
})

describe.skipIf(installed)('the Kafka driver node-rdkafka', () => {
  test('skipped: its optional package node-rdkafka is not installed', () => {})
})
