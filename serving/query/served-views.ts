import { unknownName } from '../../core/define/unknown-name.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readDefinition } from '../../core/io/store/definition-store.ts'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { type Pointer, unpublished, type ViewGeneration } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { type CompiledView, compileView } from '../../core/sql/compiled-view.ts'
import { type Remembered, remembered } from '../remembered.ts'

/** A view as it is served now: the version that the pointer names, or the configured one where it names none. */
export interface ServedView {
  readonly compiled: CompiledView
  readonly generation: ViewGeneration
  /** The pointer's number; 0 before the first. */
  readonly seq: number
}

/** An old pointer stays exact while the collection's grace lasts, which is far longer than this. */
const POINTER_KEPT_MS = 250

/** The project's views in the versions that are served. */
export class ServedViews {
  readonly pointer: Remembered<Pointer | undefined>
  readonly #clickhouse: ClickHouse
  readonly #configured: ReadonlyMap<string, BoundView>
  /** By name and version: a version never changes. */
  readonly #compiled = new Map<string, CompiledView>()

  constructor(clickhouse: ClickHouse, views: readonly BoundView[]) {
    this.#clickhouse = clickhouse
    this.#configured = new Map(views.map(view => [view.name, view]))
    this.pointer = remembered(POINTER_KEPT_MS, () => readPointer(clickhouse))
  }

  get names(): string[] {
    return [...this.#configured.keys()]
  }

  /** @throws VIEW_UNKNOWN; NOT_READY where the pointer names a version whose definition is not kept */
  async get(name: string): Promise<ServedView> {
    const configured = this.#configured.get(name)
    if (configured === undefined) throw unknownName('VIEW_UNKNOWN', 'view', name, this.names)
    const pointer = await this.pointer.get()
    const generation = pointer?.views[name] ?? unpublished(configured.version)
    return { compiled: await this.#compile(configured, generation), generation, seq: pointer?.seq ?? 0 }
  }

  /** @throws NOT_READY */
  all(): Promise<ServedView[]> {
    return Promise.all(this.names.map(name => this.get(name)))
  }

  async #compile(configured: BoundView, { version }: ViewGeneration): Promise<CompiledView> {
    const key = `${configured.name}/${version}`
    const known = this.#compiled.get(key)
    if (known !== undefined) return known
    const view =
      version === configured.version
        ? configured
        : await readDefinition(this.#clickhouse, configured.name, version)
    if (view === undefined) {
      throw new TwofoldError(
        'NOT_READY',
        `The published version ${version} of view ${configured.name} has no definition in ClickHouse.`,
        { details: { view: configured.name, version } },
      )
    }
    const compiled = compileView(withComputed(view, configured))
    this.#compiled.set(key, compiled)
    return compiled
  }
}

/** A version with the computed measures that are configured now, as far as it keeps what they name. */
function withComputed(view: BoundView, configured: BoundView): BoundView {
  const { computed: _, ...kept } = view
  const names = new Set(view.measures.map(({ name }) => name))
  const computed = (configured.computed ?? []).filter(
    named => !names.has(named.name) && named.computed.of.every(name => names.has(name)),
  )
  return computed.length === 0 ? kept : { ...kept, computed }
}
