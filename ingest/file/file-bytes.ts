import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import yauzl from 'yauzl'

/** The bytes of a file, out of gzip or zip where it is packed. Can be read several times, one time after another. */
export interface FileBytes {
  /** How much there is to read, in the unit of `position`. */
  readonly size: number
  /** The name whose ending says what the bytes are. */
  readonly name: string
  /** Whether `position` counts the bytes that come out, which a reader can count more closely itself. */
  readonly countsContent: boolean
  /** How far the reading that began last has come; what is read ahead counts. */
  position(): number
  read(): AsyncIterable<Buffer>
}

const READ_BYTES = 1 << 20
/** Less of a compressed file, of which more comes: what is read ahead counts as read. */
const COMPRESSED_READ_BYTES = 1 << 16

export async function openPlain(path: string): Promise<FileBytes> {
  return { ...(await openStream(path, path, READ_BYTES, file => file)), countsContent: true }
}

export async function openGzip(path: string): Promise<FileBytes> {
  // An error of either end reaches the reader: `pipeline` destroys the other.
  const unpack = (file: Readable) => pipeline(file, createGunzip({ chunkSize: READ_BYTES }), () => {})
  return openStream(path, path.replace(/\.gz$/i, ''), COMPRESSED_READ_BYTES, unpack)
}

async function openStream(
  path: string,
  name: string,
  highWaterMark: number,
  unpack: (file: Readable) => AsyncIterable<Buffer>,
): Promise<FileBytes> {
  let position = () => 0
  return {
    ...{ size: (await stat(path)).size, name, countsContent: false, position: () => position() },
    read: () => {
      const file = createReadStream(path, { highWaterMark })
      position = () => file.bytesRead
      return unpack(file)
    },
  }
}

/**
 * The one file of a zip, or the one named. Its size is that of what comes out.
 *
 * @throws Error where there is none, or several and none is named
 */
export async function openZip(path: string, entryName: string | undefined): Promise<FileBytes> {
  const entry = pickEntry(await entriesOf(path), entryName)
  let position = 0
  return {
    ...{ size: entry.uncompressedSize, name: entry.fileName, countsContent: true },
    position: () => position,
    async *read() {
      position = 0
      for await (const bytes of readEntry(path, entry.fileName)) {
        position += bytes.length
        yield bytes
      }
    },
  }
}

function pickEntry(entries: readonly yauzl.Entry[], name: string | undefined): yauzl.Entry {
  // What macOS adds beside each file is none of the data.
  const files = entries.filter(({ fileName }) => !/\/$|^__MACOSX\/|(^|\/)\.DS_Store$/.test(fileName))
  const picked = name === undefined ? files : files.filter(({ fileName }) => fileName === name)
  if (picked.length === 1) return picked[0]!
  const list = files.map(({ fileName }) => fileName).join(', ')
  if (files.length === 0) throw new Error('there is no file in it')
  throw new Error(
    name === undefined
      ? `there are several files in it; name one with --entry: ${list}`
      : `there is no ${JSON.stringify(name)} in it, but ${list}`,
  )
}

async function entriesOf(path: string): Promise<yauzl.Entry[]> {
  const zip = await openZipFile(path)
  const entries: yauzl.Entry[] = []
  return new Promise((resolve, reject) => {
    zip.on('entry', entry => {
      entries.push(entry)
      zip.readEntry()
    })
    zip.on('end', () => resolve(entries))
    zip.on('error', reject)
    zip.readEntry()
  }).then(
    () => {
      zip.close()
      return entries
    },
    error => {
      zip.close()
      throw error
    },
  )
}

async function* readEntry(path: string, name: string): AsyncGenerator<Buffer> {
  const zip = await openZipFile(path)
  try {
    const stream = await new Promise<Readable>((resolve, reject) => {
      zip.on('error', reject)
      zip.on('entry', entry => {
        if (entry.fileName !== name) return zip.readEntry()
        zip.openReadStream(entry, (error, readable) => (error ? reject(error) : resolve(readable)))
      })
      zip.readEntry()
    })
    yield* stream
  } finally {
    zip.close()
  }
}

function openZipFile(path: string): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false }
    yauzl.open(path, options, (error, zip) => (error ? reject(error) : resolve(zip)))
  })
}

/** The first bytes of a file, and whether they are all of it. */
export interface Head {
  readonly bytes: Buffer
  readonly isWhole: boolean
}

export async function readHead(file: FileBytes, maxBytes: number): Promise<Head> {
  const parts: Buffer[] = []
  let length = 0
  let isWhole = true
  for await (const bytes of file.read()) {
    parts.push(bytes)
    length += bytes.length
    isWhole = length <= maxBytes
    if (!isWhole) break
  }
  return { bytes: Buffer.concat(parts).subarray(0, maxBytes), isWhole }
}
