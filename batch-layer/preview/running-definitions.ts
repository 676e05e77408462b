import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { BoundView } from '../../core/model/view.ts'

/** What the batch layer of a data directory runs by. */
export interface RunningDefinitions {
  readonly streams: readonly StreamDefinition[]
  readonly views: readonly BoundView[]
}

const FORMAT = 1
const fileOf = (dataDir: string) => join(dataDir, 'definitions.json')

/** Leaves a copy of the definitions where the archive is, so that others can be held against them without any server. */
export function keepRunningDefinitions(dataDir: string, { streams, views }: RunningDefinitions): void {
  const staged = `${fileOf(dataDir)}.${randomUUID()}`
  writeFileSync(staged, JSON.stringify({ format: FORMAT, streams, views }))
  renameSync(staged, fileOf(dataDir))
}

/** The definitions that ran last; `undefined` where none were kept, as 0.1.0 did not. */
export function readRunningDefinitions(dataDir: string): RunningDefinitions | undefined {
  try {
    const kept = JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as RunningDefinitions & { format: number }
    return kept.format === FORMAT ? kept : undefined
  } catch {
    return undefined
  }
}
