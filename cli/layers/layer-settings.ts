import type { ContextSettings } from '../platform/context.ts'

/** `api` is the serving layer and the ingest layer on one address, with the demonstration feed where there is one. */
export const LAYERS = ['ingest', 'speed', 'batch', 'serving', 'api'] as const

export type LayerName = (typeof LAYERS)[number]

/** What one process of the platform is to do. Plain data. */
export interface LayerSettings extends ContextSettings {
  readonly layer: LayerName
  readonly configPath: string
  /** For the speed layer: the lanes of every stream that this process holds; all where it is missing. */
  readonly lanes?: readonly number[]
}
