import { TwofoldError } from '../../model/errors.ts'
import { FIRST_CHAIN, type Pointer, unpublished, type ViewGeneration } from '../../model/pointer.ts'
import type { BoundView } from '../../model/view.ts'
import type { ClickHouse } from '../clickhouse/client.ts'
import { readDefinition } from './definition-store.ts'

/** A view version that answers are made of, or that is being built up to be. */
export interface KeptView {
  readonly view: BoundView
  readonly chain: string
}

/**
 * The view versions that the speed layer must keep: those of the configuration, and those that the pointer still
 * names although the configuration has moved on: they answer until the new ones are complete.
 */
export async function keptViews(
  clickhouse: ClickHouse,
  configured: readonly BoundView[],
  pointer: Pointer | undefined,
): Promise<KeptView[]> {
  const kept: KeptView[] = configured.map(view => {
    const generation = pointer?.views[view.name]
    return { view, chain: generation?.version === view.version ? generation.chain : FIRST_CHAIN }
  })
  for (const [name, generation] of Object.entries(pointer?.views ?? {})) {
    if (configured.some(view => view.name === name && view.version === generation.version)) continue
    kept.push({ view: await definitionOf(clickhouse, name, generation.version), chain: generation.chain })
  }
  return kept
}

/** What serves a configured view now, and by which definition. */
export async function servedGeneration(
  clickhouse: ClickHouse,
  configured: BoundView,
  pointer: Pointer | undefined,
): Promise<{ readonly view: BoundView; readonly generation: ViewGeneration }> {
  const generation = pointer?.views[configured.name]
  if (generation === undefined) return { view: configured, generation: unpublished(configured.version) }
  if (generation.version === configured.version) return { view: configured, generation }
  return { view: await definitionOf(clickhouse, configured.name, generation.version), generation }
}

async function definitionOf(clickhouse: ClickHouse, name: string, version: string): Promise<BoundView> {
  const view = await readDefinition(clickhouse, name, version)
  if (view !== undefined) return view
  throw new TwofoldError(
    'DEFINITION_MISSING',
    `The published generation names version ${version} of view ${name}, whose definition is not in ClickHouse.`,
    {
      details: { view: name, version },
    },
  )
}
