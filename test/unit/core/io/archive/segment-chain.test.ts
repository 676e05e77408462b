import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { descriptorName, descriptorText } from '../../../../../core/io/archive/descriptor.ts'
import { partitionFolder, walkChain } from '../../../../../core/io/archive/segment-chain.ts'
import { type Files, nodeFiles } from '../../../../../core/io/files.ts'
import { linkDescriptor, ORIGIN, segment } from '../../../../support/segments.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

function archiveOf(...ranges: [start: number, end: number][]): string {
  const archive = temporaryFolder()
  for (const [start, end] of ranges) linkDescriptor(archive, segment(0, start, end))
  return archive
}

const startsIn = async (archive: string, origin = ORIGIN) =>
  (await walkChain(nodeFiles, archive, origin)).segments.map(({ start }) => start)

test('segments follow each other from where the partition begins', async () => {
  expect(await walkChain(nodeFiles, temporaryFolder(), { ...ORIGIN, begin: 7 })).toEqual({
    segments: [],
    end: 7,
  })
  const archive = archiveOf([7, 10], [10, 1000], [1000, 1001])
  expect(await startsIn(archive, { ...ORIGIN, begin: 7 })).toEqual([7, 10, 1000])
})

test('files without a descriptor and descriptors in the making are no segments', async () => {
  const archive = archiveOf([0, 10])
  const folder = partitionFolder(archive, ORIGIN.topic, 0)
  for (const name of ['10.parquet', `${descriptorName(10)}.staging`, 'notes.json'])
    writeFileSync(join(folder, name), '')
  expect(await startsIn(archive)).toEqual([0])
})

test('a walk that knows a chain reads only what came since', async () => {
  const archive = archiveOf([0, 10], [10, 20])
  const known = await walkChain(nodeFiles, archive, ORIGIN)
  linkDescriptor(archive, segment(0, 20, 30))
  const read: string[] = []
  const watched: Files = {
    ...nodeFiles,
    readText: path => {
      read.push(path)
      return nodeFiles.readText(path)
    },
  }
  expect(await walkChain(watched, archive, ORIGIN, known)).toEqual(
    await walkChain(nodeFiles, archive, ORIGIN),
  )
  expect(read).toEqual([join(partitionFolder(archive, ORIGIN.topic, 0), descriptorName(20))])
})

test('a descriptor that is missing between others is a gap, named by its offsets', async () => {
  const archive = archiveOf([0, 10], [10, 20], [20, 30], [30, 40])
  const folder = partitionFolder(archive, ORIGIN.topic, 0)
  rmSync(join(folder, descriptorName(10)))
  await expect(startsIn(archive)).rejects.toMatchObject({
    code: 'ARCHIVE_GAP',
    details: { topic: 'orders', partition: 0, missingStart: 10, missingEnd: 20 },
  })
})

test.each([
  ['inside another segment', 'SEGMENT_OVERLAP', [0, 10] as const, [5, 20] as const],
  ['before the partition begins', 'SEGMENT_FOREIGN', [3, 10] as const, [0, 3] as const],
])('a descriptor %s is told as %s', async (_, code, good, bad) => {
  const archive = archiveOf([...good], [...bad])
  await expect(startsIn(archive, { ...ORIGIN, begin: good[0] })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(descriptorName(bad[0])),
  })
})

test.each([
  ['another topic', { topic: 'other' }],
  ['another incarnation of the topic', { topicId: 'BBBBBBBBBBBBBBBBBBBBBB' }],
  ['another partition', { partition: 1 }],
  ['a later format', { format: 2 as 1 }],
  ['another start', { start: 1 }],
  ['no length', { end: 0 }],
])('a descriptor of %s is foreign', async (_, change) => {
  const archive = temporaryFolder()
  const path = join(partitionFolder(archive, ORIGIN.topic, 0), descriptorName(0))
  linkDescriptor(archive, segment(0, 0, 10), descriptorName(0))
  writeFileSync(path, descriptorText(segment(0, 0, 10, change)))
  await expect(startsIn(archive)).rejects.toMatchObject({ code: 'SEGMENT_FOREIGN', details: { path } })
})

const whole = descriptorText(segment(0, 10, 20))

test.each([
  ['is cut off', whole.slice(0, 12)],
  ['is empty', ''],
  ['is no object', 'null'],
  ['has one flipped bit in its end', whole.replace('"end":20', '"end":30')],
  ['has lost its checksum', JSON.stringify(segment(0, 10, 20))],
])('a descriptor that %s is damaged', async (_, text) => {
  const archive = archiveOf([0, 10])
  const path = join(partitionFolder(archive, ORIGIN.topic, 0), descriptorName(10))
  writeFileSync(path, text)
  await expect(startsIn(archive)).rejects.toMatchObject({ code: 'SEGMENT_DAMAGED', details: { path } })
})
