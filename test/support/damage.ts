import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { descriptorText, parseDescriptor } from '../../core/io/archive/descriptor.ts'
import { partitionFolder } from '../../core/io/archive/segment-chain.ts'
import { archiveFolder } from '../../core/io/layer-context.ts'
import type { Segment } from '../../core/model/segment.ts'
import type { Platform } from './platform.ts'

/** The folder of a partition of the first stream's archive. */
export function archiveOf({ context }: Platform, partition: number): string {
  return partitionFolder(archiveFolder(context), context.project.streams[0]!.topic, partition)
}

/** The segments of a partition, as their descriptors have them, by start. */
export function segmentsOf(platform: Platform, partition: number): (Segment & { readonly path: string })[] {
  const folder = archiveOf(platform, partition)
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => {
      const path = join(folder, name)
      return { ...parseDescriptor(readFileSync(path, 'utf8'), path), path }
    })
}

/** One way in which a segment's two files go wrong. */
export type Damage = (descriptor: string, file: string, segment: Segment) => void

const LONG_AGO = Date.now() / 1000 - 3600

export const DAMAGES = {
  'a file is missing': (_, file) => rmSync(file),
  'a file is truncated': (_, file) => {
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length >> 1))
  },
  'a bit of a file is flipped': (_, file) => {
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1]! ^= 4
    writeFileSync(file, bytes)
  },
  'a bit of a descriptor is flipped': descriptor => {
    const text = readFileSync(descriptor, 'utf8')
    writeFileSync(
      descriptor,
      text.replace(/"end":(\d)/, (_match, digit) => `"end":${Number(digit) ^ 1}`),
    )
  },
  'a descriptor is truncated': descriptor =>
    writeFileSync(descriptor, readFileSync(descriptor).subarray(0, 40)),
  'a descriptor is of another topic': (descriptor, _, segment) =>
    writeFileSync(descriptor, descriptorText({ ...segment, topicId: 'BBBBBBBBBBBBBBBBBBBBBB' })),
  'a descriptor is missing': (descriptor, file) => {
    rmSync(descriptor)
    utimesSync(file, LONG_AGO, LONG_AGO)
  },
  'both files are missing': (descriptor, file) => {
    rmSync(descriptor)
    rmSync(file)
  },
} satisfies Record<string, Damage>

/** Damages the segment number `index` of a partition. */
export function damageSegment(
  platform: Platform,
  partition: number,
  index: number,
  damage: keyof typeof DAMAGES,
): Segment {
  const { path, ...segment } = segmentsOf(platform, partition).at(index)!
  DAMAGES[damage](path, join(archiveOf(platform, partition), segment.file), segment)
  return segment
}
