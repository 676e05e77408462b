import { setTimeout as sleep } from 'node:timers/promises'
import { arriveLate, loseAnswer, speedInsert } from '../rig/clickhouse-faults.ts'
import { JUMP } from '../rig/clock.ts'
import type { TcpMode } from '../rig/tcp-proxy.ts'
import type { Stage } from './play.ts'
import { LAYERS, type Step, type StepKind } from './schedule.ts'

const MOST_PARTITIONS = 6
const BLOCK_SIZES = [16, 32, 64]
const KAFKA_OUTAGES: readonly TcpMode[] = ['delay', 'swallow', 'refuse']

/** How each kind of step is carried out. What it breaks works again when it is done. */
export const ACTIONS: Readonly<Record<StepKind, (stage: Stage, step: Step) => Promise<void>>> = {
  async kill(stage, { layer }) {
    await stage.layer(layer).kill()
    await stage.startLayer(layer)
  },

  async stop(stage, { layer }) {
    await stage.layer(layer).stop()
    await stage.startLayer(layer)
  },

  async freeze(stage, { layer, forMs }) {
    stage.layer(layer).freeze()
    await sleep(forMs)
    stage.layer(layer).thaw()
  },

  async 'second worker'(stage, { choice, forMs }) {
    const worker = stage.scenario.start('speed', { lanes: choice % 2 === 0 ? [0] : [0, 1] })
    await stage.scenario.progress(50)
    await sleep(forMs)
    if (choice % 3 === 0) await worker.kill()
    else await worker.stop()
  },

  async 'lost answer'({ scenario }) {
    // It may be long until the next insert; nobody waits for it.
    void scenario.clickhouseProxy.next(speedInsert(), loseAnswer).catch(() => undefined)
  },

  async 'late insert'({ scenario }, { forMs }) {
    const late = scenario.clickhouseProxy.next(speedInsert(), arriveLate)
    void late
      .then(async ({ deliver }) => {
        await sleep(forMs)
        await deliver()
      })
      .catch(() => undefined)
  },

  async 'cut off from Kafka'({ servers: { kafkaProxy } }, { choice, forMs }) {
    const mode = KAFKA_OUTAGES[choice % KAFKA_OUTAGES.length]!
    kafkaProxy.mode = mode
    if (mode === 'refuse') kafkaProxy.cut()
    await sleep(forMs)
    kafkaProxy.mode = 'pass'
    if (mode === 'swallow') kafkaProxy.cut()
  },

  async 'restart Kafka'({ servers }, { choice }) {
    await servers.restartKafka(choice % 2 === 0 ? 'stop' : 'kill')
  },

  async 'kill ClickHouse'({ servers }) {
    // Its supervisor starts it again.
    process.kill(servers.clickhouse.pid, 'SIGKILL')
  },

  async 'change the definition'(stage, { choice, restMs }) {
    await stage.scenario.reconfigure({
      isNarrowed: choice % 2 === 0,
      isWidened: choice % 5 === 0,
      blockSize: BLOCK_SIZES[choice % BLOCK_SIZES.length]!,
    })
    for (const layer of LAYERS) {
      await stage.layer(layer).stop()
      await stage.startLayer(layer)
      await sleep(restMs)
    }
  },

  async 'batch job'(stage, { choice }) {
    await stage.command('batch', 'run', ...(choice % 3 === 0 ? ['--full'] : []))
  },

  async 'roll back'(stage, { restMs }) {
    await stage.command('batch', 'rollback')
    await sleep(restMs)
    await stage.command('batch', 'resume')
  },

  async 'add partitions'({ scenario, servers }) {
    const count = (await servers.driver.describeTopic(scenario.topic))!.partitions.length
    if (count >= MOST_PARTITIONS) return
    await servers.kafkaTools.addPartitions(scenario.topic, count + 1)
    scenario.produce(20, { partitions: [count] })
  },

  async retention({ scenario, servers }) {
    for (const [partition, end] of Object.entries(await scenario.archivedEnds()))
      await servers.kafkaTools.deleteBelow(scenario.topic, Number(partition), end)
  },

  async transaction({ scenario, servers }, { choice, forMs }) {
    const { topicId } = (await servers.driver.describeTopic(scenario.topic))!
    const transaction = await servers.kafkaTools.transaction(scenario, topicId)
    await transaction.send(choice % 3)
    await sleep(forMs)
    if (choice % 2 === 0) await transaction.commit()
    else await transaction.abort()
  },

  async 'clock jumps'(stage, { layer }) {
    stage.layer(layer).signal(JUMP)
  },
}
