import { setTimeout as sleep } from 'node:timers/promises'
import { JUMP } from '../rig/clock.ts'
import type { LayerProcess } from '../rig/layer-process.ts'
import type { TcpMode } from '../rig/tcp-proxy.ts'
import { crash, killFold } from './crash-actions.ts'
import type { InsertStepKind } from './insert-actions.ts'
import { DONE, NO_EFFECT, type Outcome } from './outcomes.ts'
import { damageAndRepair, rebuildChain } from './repair-actions.ts'
import { LAYERS, type Step, type StepKind } from './schedule.ts'
import type { Stage } from './stage.ts'

const MOST_PARTITIONS = 6
const BLOCK_SIZES = [16, 32, 64]
const KAFKA_OUTAGES: readonly TcpMode[] = ['delay', 'swallow', 'refuse']

type Action = (stage: Stage, step: Step) => Promise<Outcome>

/** How each kind of step is carried out, and what it came to. What it breaks works again when it is done. */
export const ACTIONS: Readonly<Record<Exclude<StepKind, InsertStepKind>, Action>> = {
  async kill(stage, { layer }) {
    await stage.layer(layer).kill()
    await stage.startLayer(layer)
    return `the ${layer} layer`
  },

  async stop(stage, { layer }) {
    await stage.layer(layer).stop()
    await stage.startLayer(layer)
    return `the ${layer} layer`
  },

  async freeze(stage, { layer, forMs }) {
    stage.layer(layer).freeze()
    await sleep(forMs)
    stage.layer(layer).thaw()
    return `the ${layer} layer`
  },

  'crash point': crash,

  async 'second worker'(stage, step) {
    const lanes = step.choice % 2 === 0 ? [0] : [0, 1]
    return besides(stage, step, stage.scenario.start('speed', { lanes }))
  },

  async 'second batch layer'(stage, step) {
    const env = { TWOFOLD_DATA_DIR: stage.scenario.secondDataDir() }
    return besides(stage, step, stage.startAnother('batch', { env }))
  },

  'killed fold': killFold,

  async 'cut off from Kafka'({ servers: { kafkaProxy } }, { choice, forMs }) {
    const mode = KAFKA_OUTAGES[choice % KAFKA_OUTAGES.length]!
    kafkaProxy.mode = mode
    if (mode === 'refuse') kafkaProxy.cut()
    await sleep(forMs)
    kafkaProxy.mode = 'pass'
    if (mode === 'swallow') kafkaProxy.cut()
    return mode
  },

  async 'restart Kafka'({ servers }, { choice }) {
    const how = choice % 2 === 0 ? 'stop' : 'kill'
    await servers.restartKafka(how)
    return how
  },

  async 'kill ClickHouse'({ servers }) {
    try {
      // Its supervisor starts it again.
      process.kill(servers.clickhouse.pid, 'SIGKILL')
      return DONE
    } catch {
      // It lies dead still.
      return NO_EFFECT
    }
  },

  async 'change the definition'(stage, { choice, restMs }) {
    const change = {
      isNarrowed: choice % 2 === 0,
      isWidened: choice % 5 === 0,
      blockSize: BLOCK_SIZES[choice % BLOCK_SIZES.length]!,
    }
    const before = stage.scenario.shape
    await stage.scenario.reconfigure(change)
    for (const layer of LAYERS) {
      await stage.layer(layer).stop()
      await stage.startLayer(layer)
      await sleep(restMs)
    }
    const changed = (Object.keys(change) as (keyof typeof change)[]).filter(
      key => change[key] !== before[key],
    )
    return changed.length === 0 ? NO_EFFECT : changed.join()
  },

  async 'batch job'(stage, { choice }) {
    const isFull = choice % 3 === 0
    const run = ['batch', 'run', ...(isFull ? ['--full'] : [])]
    const outcome = await (isBeside(choice) ? stage.commandBeside(...run) : stage.command(...run))
    return isFull && outcome === DONE ? 'done in full' : outcome
  },

  async 'roll back'(stage, { choice, restMs }) {
    const rollBack = ['batch', 'rollback'] as const
    const outcome = await (isBeside(choice) ? stage.commandBeside(...rollBack) : stage.command(...rollBack))
    await sleep(restMs)
    await stage.insistentCommand('batch', 'resume')
    return outcome
  },

  async 'add partitions'({ scenario, servers }) {
    const count = (await servers.driver.describeTopic(scenario.topic))!.partitions.length
    if (count >= MOST_PARTITIONS) return NO_EFFECT
    await servers.kafkaTools.addPartitions(scenario.topic, count + 1)
    scenario.produce(20, { partitions: [count] })
    return DONE
  },

  async retention({ scenario, servers }) {
    const held = await servers.driver.offsets(scenario.topic)
    const ends = Object.entries(await scenario.archivedEnds())
    const passed = ends.filter(([partition, end]) => end > (held.get(Number(partition))?.earliest ?? end))
    for (const [partition, end] of passed)
      await servers.kafkaTools.deleteBelow(scenario.topic, Number(partition), end)
    return passed.length === 0 ? NO_EFFECT : DONE
  },

  async transaction({ scenario, servers }, { choice, forMs }) {
    const { topicId } = (await servers.driver.describeTopic(scenario.topic))!
    const transaction = await servers.kafkaTools.transaction(scenario, topicId)
    await transaction.send(choice % 3)
    await sleep(forMs)
    const isCommitted = choice % 2 === 0
    await (isCommitted ? transaction.commit() : transaction.abort())
    return isCommitted ? 'committed' : 'aborted'
  },

  async 'clock jumps'(stage, { layer }) {
    stage.layer(layer).signal(JUMP)
    return `of the ${layer} layer`
  },

  'repair archive': damageAndRepair,
  'repair chain': rebuildChain,
}

/** Every other time a command comes from another data directory: under load the layer's own is nearly always busy. */
function isBeside(choice: number): boolean {
  return choice % 2 === 0
}

/** Lets another process of a layer work beside the one that runs, then kills or stops it. */
async function besides(stage: Stage, { choice, forMs }: Step, other: LayerProcess): Promise<Outcome> {
  await other.wrote(/"started"/)
  await stage.scenario.progress(50)
  await sleep(forMs)
  const isKilled = choice % 3 === 0
  await (isKilled ? other.kill() : other.stop())
  return isKilled ? 'killed' : 'stopped'
}
