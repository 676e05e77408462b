import { startEmbeddedKafka } from '../../../ingest/embedded-kafka/start-embedded-kafka.ts'

/** A program that starts a broker, prints the process id of Java, and waits to be killed. */
const [dataDir, port] = process.argv.slice(2)
const kafka = await startEmbeddedKafka({ dataDir: dataDir!, port: Number(port), onProgress: () => {} })
console.log(`pid ${kafka.pid}`)
await kafka.exited
