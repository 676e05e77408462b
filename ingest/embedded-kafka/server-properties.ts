export interface ServerPropertiesOptions {
  readonly port: number
  readonly controllerPort: number
  readonly logDir: string
  /** Further settings; they win over those here. */
  readonly settings: Readonly<Record<string, string>>
}

/** The configuration of a Kafka that is broker and controller in one, on this machine alone. */
export function serverProperties({
  port,
  controllerPort,
  logDir,
  settings,
}: ServerPropertiesOptions): string {
  return `\
process.roles=broker,controller
node.id=1
# Named here, not stored when the disk is formatted, so that the controller's port may change at each start.
controller.quorum.voters=1@127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
log.dirs=${logDir.replaceAll('\\', '\\\\')}

# A topic is created on purpose, with the number of partitions that its stream declares.
auto.create.topics.enable=false
# One node holds every replica.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Each partition of an internal topic is opened at every start.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=1
# Nobody else joins a group a moment later.
group.initial.rebalance.delay.ms=0

# After it was killed, a broker waits for its former session to expire: 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# A week, Kafka's own default: the master dataset keeps all events, Kafka need not.
log.retention.hours=168
# Kafka would take 128 MB of the heap for compaction, which only its small internal topics need.
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=4
${Object.entries(settings)
  .map(([name, value]) => `${name}=${value}\n`)
  .join('')}`
}
