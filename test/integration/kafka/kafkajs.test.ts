import { describe } from 'vitest'
import { describeDriverContract } from './contract/driver-contract.ts'

describe('the Kafka driver kafkajs', () => {
  describeDriverContract('kafkajs', { nullHeaders: true })
})
