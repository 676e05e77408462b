import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import project from '../../../examples/shop/twofold.config.ts'
import { importFile } from '../../../ingest/file/import-file.ts'

// Imports a file of the shop's clicks with `resume`, and tells on stdout how many events Kafka has acknowledged.
const [broker, topic, path] = process.argv.slice(2) as [string, string, string]
const driver = await openKafkaDriver('kafkajs', { brokers: [broker], clientId: 'importer' })
await importFile({
  driver,
  stream: { ...project.streams[0]!, topic },
  path,
  resume: true,
  ratePerSecond: 40_000,
  onProgress: ({ produced }) => process.stdout.write(`${produced}\n`),
})
await driver.close()
