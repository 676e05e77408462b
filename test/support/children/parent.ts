import { fileURLToPath } from 'node:url'
import { recordChild } from '../../../core/io/process/orphans.ts'
import { spawnTypeScript } from '../spawn-typescript.ts'

/** A parent with one worker, on record in the folder given, that runs until it is killed. */
const [dataDir = '', stopTakesMs = '0'] = process.argv.slice(2)
const worker = spawnTypeScript(fileURLToPath(new URL('./worker.ts', import.meta.url)), { name: 'worker' })
recordChild(dataDir, worker)
worker.tell({ greeting: 'hello', stopTakesMs: Number(stopTakesMs) })
