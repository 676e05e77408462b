import type { ErrorCode } from '../../../core/model/errors.ts'
import { LawBroken } from '../../laws/check.ts'
import type { CommandResult } from '../../support/command-line.ts'
import { until } from '../../support/processes.ts'
import { HOUR_MS, shiftedClock } from '../rig/clock.ts'
import { assertNoDamage } from '../rig/damage.ts'
import type { LayerOptions, LayerProcess } from '../rig/layer-process.ts'
import type { Scenario } from '../rig/scenario.ts'
import type { Servers } from '../rig/servers.ts'
import { DONE, type Outcome, Outcomes, refusedBy } from './outcomes.ts'
import type { Step } from './schedule.ts'

/** Clocks go forward, back, and right again. */
const SHIFTS_MS = [0, HOUR_MS, -2 * HOUR_MS, HOUR_MS]
/** What steps that damage the archive may be told of, besides what they ask for themselves. */
const MAY_TELL: readonly ErrorCode[] = ['SEGMENT_UNLINKED', 'SEGMENT_OVERLAP']
/** A server that was killed is back in a few seconds. */
const SERVERS_ARE_BACK_MS = 60_000
const SERVER_AWAY = /^(CLICKHOUSE_UNAVAILABLE|KAFKA_UNAVAILABLE)$/

/** A platform while a schedule is played on it. */
export class Stage {
  readonly scenario: Scenario
  readonly servers: Servers
  readonly outcomes = new Outcomes()
  readonly #layers = new Map<Step['layer'], LayerProcess>()

  constructor(scenario: Scenario, servers: Servers) {
    this.scenario = scenario
    this.servers = servers
  }

  layer(name: Step['layer']): LayerProcess {
    return this.#layers.get(name)!
  }

  /** Starts a layer in the place of the one before. */
  async startLayer(name: Step['layer'], isFirst = false): Promise<void> {
    const env = shiftedClock(SHIFTS_MS, 'Pacific/Auckland')
    const started =
      name === 'serving'
        ? await (isFirst ? this.scenario.read({ env }) : this.scenario.serve({ env }))
        : this.startAnother(name)
    this.#layers.set(name, started)
  }

  /** Starts a process of a layer, behind the proxies and with a clock that can be shifted, beside those that run. */
  startAnother(name: 'batch' | 'speed', options: LayerOptions = {}): LayerProcess {
    const env = { ...shiftedClock(SHIFTS_MS, 'Pacific/Auckland'), ...options.env }
    return this.scenario.startBehindProxies(name, { ...options, env })
  }

  /** Runs a command; it may be refused, but not by what would be damage. */
  async command(...args: readonly string[]): Promise<Outcome> {
    return soundOutcome(args, await this.scenario.command(...args))
  }

  /** As `command`, from another data directory: no lock of the batch layer is in its way. */
  async commandBeside(...args: readonly string[]): Promise<Outcome> {
    return soundOutcome(args, await this.scenario.twofold(args))
  }

  /** Runs a command that no server may keep from its work: it is given again until both servers are back. */
  async insistentCommand(...args: readonly string[]): Promise<CommandResult> {
    let result = await this.scenario.command(...args)
    await until(
      `both servers answer twofold ${args.join(' ')}`,
      async () => {
        if (!SERVER_AWAY.test(codeOf(result))) return true
        result = await this.scenario.command(...args)
        return false
      },
      SERVERS_ARE_BACK_MS,
    )
    return result
  }

  /** @throws LawBroken where a layer spoke of damage, or ended by itself */
  assertSound(): void {
    for (const { layer, output } of this.scenario.layers)
      assertNoDamage(`the ${layer} layer`, output, MAY_TELL)
    for (const [name, layer] of this.#layers)
      if (layer.hasEnded) throw new LawBroken(`the ${name} layer has ended by itself:\n${layer.output}`)
  }
}

function soundOutcome(args: readonly string[], result: CommandResult): Outcome {
  assertNoDamage(`twofold ${args.join(' ')}`, result.stderr, MAY_TELL)
  return outcomeOf(result)
}

/** What a command says it came to. */
export function outcomeOf(result: CommandResult): Outcome {
  return result.code === 0 ? DONE : refusedBy(codeOf(result))
}

/** The code of the error with which a command ended; empty where it named none. */
function codeOf({ stderr }: CommandResult): string {
  return /"error":\{"code":"(\w+)"/.exec(stderr)?.[1] ?? ''
}
