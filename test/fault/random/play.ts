import { setTimeout as sleep } from 'node:timers/promises'
import { LawBroken } from '../../laws/check.ts'
import { HOUR_MS, shiftedClock } from '../rig/clock.ts'
import type { LayerProcess } from '../rig/layer-process.ts'
import { Scenario, type ScenarioReport } from '../rig/scenario.ts'
import type { Servers } from '../rig/servers.ts'
import { ACTIONS } from './actions.ts'
import { LAYERS, type Step } from './schedule.ts'

/** Clocks go forward, back, and right again. */
const SHIFTS_MS = [0, HOUR_MS, -2 * HOUR_MS, HOUR_MS]
/** By whatever happens from outside, no layer comes to say one of these. */
const DAMAGE =
  /\b(RUN_MISMATCH|SEGMENT_DAMAGED|SEGMENT_FOREIGN|SEGMENT_UNREADABLE|ARCHIVE_GAP|RETENTION_PASSED|CHAIN_BROKEN|INSERT_VANISHED|DEFINITION_MISSING|INTERNAL)\b/

/** A platform while a schedule is played on it. */
export class Stage {
  readonly scenario: Scenario
  readonly servers: Servers
  readonly #layers = new Map<Step['layer'], LayerProcess>()

  constructor(scenario: Scenario, servers: Servers) {
    this.scenario = scenario
    this.servers = servers
  }

  layer(name: Step['layer']): LayerProcess {
    return this.#layers.get(name)!
  }

  /** Starts a layer, behind the proxies and with a clock that can be shifted; in the place of the one before. */
  async startLayer(name: Step['layer'], isFirst = false): Promise<void> {
    const env = shiftedClock(SHIFTS_MS, 'Pacific/Auckland')
    const started =
      name === 'serving'
        ? await (isFirst ? this.scenario.read({ env }) : this.scenario.serve({ env }))
        : this.scenario.startBehindProxies(name, { env })
    this.#layers.set(name, started)
  }

  /** Runs a command; it may be refused, but not by what would be damage. */
  async command(...args: readonly string[]): Promise<void> {
    const { stderr } = await this.scenario.command(...args)
    assertNoDamage(`twofold ${args.join(' ')}`, stderr)
  }

  /** @throws LawBroken where a layer spoke of damage, or ended by itself */
  assertSound(): void {
    for (const { layer, output } of this.scenario.layers) assertNoDamage(`the ${layer} layer`, output)
    for (const [name, layer] of this.#layers)
      if (layer.hasEnded) throw new LawBroken(`the ${name} layer has ended by itself:\n${layer.output}`)
  }
}

function assertNoDamage(who: string, text: string): void {
  const line = text.split('\n').find(candidate => DAMAGE.test(candidate))
  if (line !== undefined) throw new LawBroken(`${who} said: ${line}`)
}

/**
 * Plays a schedule on a platform of its own, then brings everything to the end of the log and judges.
 * @throws for the first thing that is not as it must be
 */
export async function play(servers: Servers, schedule: readonly Step[]): Promise<ScenarioReport> {
  const scenario = await Scenario.open(servers)
  const stage = new Stage(scenario, servers)
  try {
    for (const layer of LAYERS) await stage.startLayer(layer, true)
    scenario.produce(100)
    await scenario.progress(50)
    for (const step of schedule) {
      await ACTIONS[step.kind](stage, step)
      await sleep(step.restMs)
    }
    await stage.command('batch', 'resume')
    await scenario.progress()
    const report = await scenario.finish()
    stage.assertSound()
    return report
  } finally {
    await scenario.close()
  }
}
