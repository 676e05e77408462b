import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import type { LayerSettings } from '../../../cli/layers/layer-settings.ts'
import { logFileOf, superviseLayer } from '../../../cli/start/layer-process.ts'
import type { SupervisorEvent } from '../../../core/io/process/supervise.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a layer that ends before it is ready stops the start, and is not tried again (CHILD_FAILED)', async () => {
  const dataDir = temporaryFolder()
  // Everything else that the layer would need is missing.
  const settings = { layer: 'api', dataDir, configPath: '/nowhere' } as LayerSettings
  mkdirSync(dirname(logFileOf(dataDir, 'api')))
  const events: SupervisorEvent[] = []
  // Where nobody listens.
  const starting = superviseLayer(settings, 'http://127.0.0.1:1', event => events.push(event))
  await expect(starting).rejects.toMatchObject({
    code: 'CHILD_FAILED',
    message: `The api process ended before it was ready (exit code 1); see ${logFileOf(dataDir, 'api')}.`,
  })
  expect(events).toEqual([])
})
