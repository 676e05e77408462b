import { startEmbeddedClickHouse } from '../../../serving/embedded-clickhouse/start.ts'

/** A platform with an embedded ClickHouse in the data directory given, that runs until it is killed. */
const server = await startEmbeddedClickHouse({ dataDir: process.argv[2] ?? '', onEvent: () => {} })
console.log(`ClickHouse is process ${server.pid} at ${server.url};`)
setInterval(() => {}, 60_000)
