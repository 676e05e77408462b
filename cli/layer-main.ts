import { errorFields, jsonLog } from '../core/io/log.ts'
import { endWithParent, receiveSettings } from '../core/io/process/lifeline.ts'
import type { LayerSettings } from './layers/layer-settings.ts'
import { loadLayer } from './layers/run-layer.ts'

/** Longer than any layer needs to finish what is under way; shorter than the patience of who pressed Ctrl-C. */
const STOP_WITHIN_MS = 20_000
/** A parent that was killed takes the servers with it: there is nothing to wait for then. */
const ORPHAN_STOPS_WITHIN_MS = 2_000

/** A child process of `start`: one layer, from the settings it is sent to the parent's order to stop. */
const settings = await receiveSettings<LayerSettings>()
const log = jsonLog(settings.layer, line => process.stdout.write(`${line}\n`))
const stop = new AbortController()
const parent = process.ppid
const running = loadLayer(settings.layer).then(runLayer => runLayer(settings, log, stop.signal))

endWithParent({
  onEnd: async () => {
    stop.abort()
    setTimeout(endIfOrphaned, ORPHAN_STOPS_WITHIN_MS)
    await running
  },
  withinMs: STOP_WITHIN_MS,
})

/** What is not finished by then is as after any crash: done once all the same, by the next start. */
function endIfOrphaned(): void {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
}

// A layer that fails ends its process, and is started again: whatever state it had is gone with it.
running.catch(error => {
  log.error('failed', { ...errorFields(error), stack: error instanceof Error ? error.stack : undefined })
  process.exit(1)
})
