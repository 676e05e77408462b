import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ClickHouse, openClickHouse } from '../../../core/io/clickhouse/client.ts'
import type { NodeChild } from '../../../core/io/process/child.ts'
import { prepareTables } from '../../../core/io/store/prepare.ts'
import { bindTwins, type PlatformView } from '../../laws/platform.ts'
import type { TwinView } from '../../laws/twin-view.ts'
import { Api } from '../../support/api.ts'
import { type CommandResult, runTwofold } from '../../support/command-line.ts'
import { inheritedEnvironment } from '../../support/own-environment.ts'
import { spawnTypeScript } from '../../support/spawn-typescript.ts'
import { steadyPort } from '../../support/steady-port.ts'
import { killAll, processesWith } from '../../support/system-processes.ts'
import { HttpProxy } from './http-proxy.ts'
import { type Layer, type LayerOptions, LayerProcess } from './layer-process.ts'
import type { LoadSettings } from './load.ts'
import { type FaultShape, faultStream, faultTwins } from './project.ts'
import { Readers } from './readers.ts'
import type { Servers } from './servers.ts'
import { SmallDisk } from './small-disk.ts'

const PROJECT = fileURLToPath(new URL('./project.ts', import.meta.url))
const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url))
/** Fills a block of each partition every few seconds; more would only be more to judge each answer by. */
const RATE_PER_SECOND = 40
/** What a command takes, on a machine that has much else to do, before it is a failure. */
const COMMAND_WITHIN_MS = 180_000
const LOAD_ENDS_WITHIN_MS = 50_000

export interface ScenarioOptions extends Partial<Omit<FaultShape, 'topic'>> {
  /** How many inserts back ClickHouse remembers tokens in the views' tables. */
  readonly deduplicationWindow?: number
}

export interface ServeOptions {
  readonly layer?: 'serving' | 'platform'
  readonly env?: Readonly<Record<string, string>>
}

/** What stands ready before the first process of a platform does. */
interface ScenarioParts {
  readonly servers: Servers
  readonly shape: FaultShape
  readonly views: readonly PlatformView[]
  readonly clickhouse: ClickHouse
  readonly clickhouseProxy: HttpProxy
  readonly deduplicationWindow: number | undefined
}

let scenarios = 0

/** Makes topic, database and tables of their own for a platform. */
export async function prepareScenario(
  servers: Servers,
  { deduplicationWindow, ...changes }: ScenarioOptions,
): Promise<ScenarioParts> {
  const name = `fault_${process.pid}_${++scenarios}`
  const shape: FaultShape = {
    ...{ topic: name, partitions: 3, lanes: 2, blockSize: 32, batchEvery: '5 seconds', options: {} },
    ...{ isNarrowed: false, isWidened: false },
    ...changes,
  }
  const views = await bindShape(servers, shape)
  const anywhere = openClickHouse(servers.clickhouse)
  await anywhere.command(`CREATE DATABASE ${name}`)
  await anywhere.close()
  const clickhouse = openClickHouse({ ...servers.clickhouse, database: name })
  const bound = views.map(view => view.bound)
  await prepareTables(clickhouse, bound, deduplicationWindow)
  const stream = faultStream(shape)
  await servers.driver.createTopic(stream.topic, stream.topicSettings)
  const clickhouseProxy = await HttpProxy.open(servers.clickhouse.url)
  return { servers, shape, views, clickhouse, clickhouseProxy, deduplicationWindow }
}

/**
 * A platform for one scenario: a topic, a database and a folder of its own, in which layers run as processes that the
 * scenario starts, kills and stops. All of it is gone when `close` returns.
 */
export class ScenarioPlatform {
  readonly folder = mkdtempSync(join(tmpdir(), 'twofold-scenario-'))
  /** Past every proxy. */
  readonly clickhouse: ClickHouse
  /** Before ClickHouse, for the layers that a scenario sends through it. */
  readonly clickhouseProxy: HttpProxy
  /** `undefined`: as many tokens are remembered as the layers see to. */
  readonly deduplicationWindow: number | undefined
  protected readonly servers: Servers
  /** By version: every definition that was ever configured. */
  protected readonly twins = new Map<string, TwinView>()
  readonly #layers: LayerProcess[] = []
  readonly #loads: NodeChild[] = []
  protected readonly ledgers: string[] = []
  #shape: FaultShape
  #views: readonly PlatformView[]
  #port: number | undefined
  readonly #disks: SmallDisk[] = []
  #api: Api | undefined
  #readers: Readers | undefined

  constructor({ servers, shape, views, clickhouse, clickhouseProxy, deduplicationWindow }: ScenarioParts) {
    this.servers = servers
    this.#shape = shape
    this.#views = views
    this.clickhouse = clickhouse
    this.clickhouseProxy = clickhouseProxy
    this.deduplicationWindow = deduplicationWindow
    mkdirSync(join(this.folder, 'tmp'))
    this.#configure(shape, views)
  }

  get shape(): FaultShape {
    return this.#shape
  }

  /** Every process of the platform that was started, also those that have ended. */
  get layers(): readonly LayerProcess[] {
    return this.#layers
  }

  /** Those that are configured now. */
  get views(): readonly PlatformView[] {
    return this.#views
  }

  get topic(): string {
    return this.shape.topic
  }

  get archive(): string {
    return join(this.folder, 'data', 'archive')
  }

  get api(): Api {
    if (this.#api === undefined) throw new Error('The scenario has started no serving layer.')
    return this.#api
  }

  get readers(): Readers {
    if (this.#readers === undefined) throw new Error('The scenario has started no readers.')
    return this.#readers
  }

  /** Changes the project: layers that start from now on load the new one. */
  async reconfigure(changes: Partial<Omit<FaultShape, 'topic'>>): Promise<void> {
    const shape = { ...this.#shape, ...changes }
    const views = await bindShape(this.servers, shape)
    if (this.deduplicationWindow !== undefined) {
      // Before the layers do, by their own window.
      const bound = views.map(view => view.bound)
      await prepareTables(this.clickhouse, bound, this.deduplicationWindow)
    }
    this.#configure(shape, views)
  }

  #configure(shape: FaultShape, views: readonly PlatformView[]): void {
    this.#shape = shape
    this.#views = views
    for (const { bound, twin } of views) this.twins.set(bound.version, twin)
    const lines = [
      `import { faultProject } from ${JSON.stringify(PROJECT)}`,
      `export default faultProject(${JSON.stringify(shape)})`,
    ]
    writeFileSync(join(this.folder, 'twofold.config.ts'), `${lines.join('\n')}\n`)
  }

  /** Runs a command of `twofold` to its end. */
  command(...args: readonly string[]): Promise<CommandResult> {
    return runTwofold(this.folder, args, { env: this.#environment(), withinMs: COMMAND_WITHIN_MS })
  }

  /** Starts a layer as a process. */
  start(layer: Layer, options: LayerOptions = {}): LayerProcess {
    const started = new LayerProcess(layer, this.folder, options, this.#environment())
    this.#layers.push(started)
    return started
  }

  /** Starts a layer that speaks to ClickHouse and to Kafka through their proxies. */
  startBehindProxies(layer: Layer, options: LayerOptions = {}): LayerProcess {
    const { brokersBehindProxy } = this.servers
    const env = { CLICKHOUSE_URL: this.clickhouseProxy.url, KAFKA_BROKERS: brokersBehindProxy.join() }
    return this.start(layer, { ...options, env: { ...env, ...options.env } })
  }

  /** Gives the archive a small disk of its own, before any layer has begun with it. Only root may. */
  mountArchive(sizeMb: number): SmallDisk {
    const disk = SmallDisk.mount(this.archive, sizeMb)
    writeFileSync(join(this.folder, 'data', 'twofold-data.json'), '{"format":1}\n')
    this.#disks.push(disk)
    return disk
  }

  /** A data directory of another process of the batch layer, with the same archive. */
  secondDataDir(): string {
    const folder = join(this.folder, 'data-2')
    if (existsSync(folder)) return folder
    for (const path of [folder, this.archive]) mkdirSync(path, { recursive: true })
    writeFileSync(join(folder, 'twofold-data.json'), '{"format":1}\n')
    symlinkSync(this.archive, join(folder, 'archive'))
    return folder
  }

  /** Starts a serving layer, or a whole platform, at the address of this scenario, where readers ask. */
  async serve({ layer = 'serving', env = {} }: ServeOptions = {}): Promise<LayerProcess> {
    this.#port ??= await steadyPort()
    const serving = this.start(layer, { env: { TWOFOLD_PORT: String(this.#port), ...env } })
    await serving.wrote(layer === 'serving' ? /"listening"/ : /Started in/)
    return serving
  }

  /** Serves, and starts readers that ask all along. */
  async read(options: ServeOptions = {}): Promise<LayerProcess> {
    const serving = await this.serve(options)
    this.#askAt([`http://127.0.0.1:${this.#port}`])
    return serving
  }

  /** Runs a command of `twofold` to its end, from the second data directory: no lock of a layer is in its way. */
  twofold(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    const own = { TWOFOLD_DATA_DIR: this.secondDataDir() }
    const environment = { ...this.#environment(), ...own, ...env }
    return runTwofold(this.folder, args, { env: environment, withinMs: COMMAND_WITHIN_MS })
  }

  /** The processes in which batch jobs fold, of whichever layer or command. */
  batchWorkers(): number[] {
    return processesWith(this.folder)
      .filter(({ commandLine }) => commandLine.includes('recompute/worker.js'))
      .map(({ pid }) => pid)
  }

  /** Starts several serving layers, and readers that ask them all. The scenario's own questions go to the first. */
  async readFrom(
    starts: readonly ('start' | 'startBehindProxies')[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<readonly LayerProcess[]> {
    const servings = await Promise.all(
      starts.map(async start => {
        const port = await steadyPort()
        const layer = this[start]('serving', { env: { TWOFOLD_PORT: String(port), ...env } })
        await layer.wrote(/"listening"/)
        return { layer, url: `http://127.0.0.1:${port}` }
      }),
    )
    this.#askAt(servings.map(({ url }) => url))
    return servings.map(({ layer }) => layer)
  }

  #askAt(urls: readonly string[]): void {
    this.#api = new Api(urls[0]!)
    this.#readers = new Readers(
      urls,
      this.views.map(({ twin }) => twin),
    )
  }

  /** Starts producing, to all partitions unless told otherwise, until `finish`. */
  produce(ratePerSecond = RATE_PER_SECOND, change: Partial<LoadSettings> = {}): void {
    const number = this.#loads.length
    const ledger = this.newLedger()
    const child = spawnTypeScript(LOAD, {
      name: 'the load',
      logFile: join(this.folder, `load-${number}.log`),
    })
    child.tell({
      brokers: this.servers.kafka.brokers,
      topic: this.topic,
      partitions: Array.from({ length: this.shape.partitions }, (_, partition) => partition),
      ratePerSecond,
      seed: number,
      ledger,
      ...change,
    } satisfies LoadSettings)
    this.#loads.push(child)
  }

  /** Ends the producers that `produce` has started. */
  protected async endLoads(): Promise<void> {
    for (const child of this.#loads.splice(0)) await child.end(LOAD_ENDS_WITHIN_MS)
  }

  /** The file of another producer's ledger. */
  newLedger(): string {
    const path = join(this.folder, `ledger-${this.ledgers.length}.ndjson`)
    this.ledgers.push(path)
    return path
  }

  /** Ends all that runs and removes all there is. */
  async close(): Promise<void> {
    await this.#readers?.stop()
    for (const child of this.#loads) child.kill()
    await killAll(() => processesWith(this.folder))
    await this.clickhouseProxy.close()
    await this.clickhouse.command(`DROP DATABASE ${this.topic} SYNC`)
    await this.clickhouse.close()
    for (const disk of this.#disks) disk.unmount()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  #environment(): Record<string, string> {
    const { url, user, password } = this.servers.clickhouse
    return {
      ...inheritedEnvironment(),
      TMPDIR: join(this.folder, 'tmp'),
      TWOFOLD_DATA_DIR: join(this.folder, 'data'),
      KAFKA_BROKERS: this.servers.kafka.brokers.join(),
      CLICKHOUSE_URL: url,
      CLICKHOUSE_USER: user,
      CLICKHOUSE_PASSWORD: password,
      CLICKHOUSE_DATABASE: this.topic,
    }
  }
}

async function bindShape({ duckdb }: Servers, shape: FaultShape): Promise<PlatformView[]> {
  const session = await duckdb.session()
  try {
    return await bindTwins(session, faultStream(shape), faultTwins(shape))
  } finally {
    await session.close()
  }
}
