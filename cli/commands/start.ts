import { setTimeout as sleep } from 'node:timers/promises'
import type { SupervisorEvent } from '../../core/io/process/supervise.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Status } from '../../serving/status.ts'
import { getText } from '../output/api-client.ts'
import { duration } from '../output/numbers.ts'
import { statusLine } from '../output/status-text.ts'
import { type GlobalFlags, openWorkspaceOrExample } from '../project/workspace.ts'
import { logFileOf } from '../start/layer-process.ts'
import { LogFollower } from '../start/log-follower.ts'
import { type Platform, startPlatform, UndoStack } from '../start/platform.ts'
import { Screen } from '../start/screen.ts'
import { awaitStopOrder, type StopOrder } from '../start/stop-order.ts'
import { welcome } from '../start/welcome.ts'

const LAYER_LOGS = ['api', 'speed', 'batch']
const TERMINAL_EVERY_MS = 1_000
const PLAIN_EVERY_MS = 10_000

/** Runs the whole platform until Ctrl-C or SIGTERM, then stops it in order. */
export async function start(flags: GlobalFlags): Promise<void> {
  const startedMs = performance.now()
  const screen = new Screen()
  const workspace = await openWorkspaceOrExample(flags)
  // Until here there is nothing to stop in order.
  const order = awaitStopOrder(() => screen.line('Stopping at once'))
  if (workspace.isExample)
    screen.line(`There is no twofold.config.ts here: starting the example ${workspace.configPath}`)
  const undo = new UndoStack()
  const events = {
    onProgress: (line: string) => screen.line(line),
    onEvent: (event: SupervisorEvent) => tellOf(event, screen),
  }
  const followers = LAYER_LOGS.map(
    layer => new LogFollower(logFileOf(workspace.dataDir, layer), line => screen.line(line)),
  )
  const following = setInterval(() => followers.forEach(poll), 500)
  try {
    const starting = startPlatform(workspace, events, undo, order.signal)
    const platform = await Promise.race([starting, order.given])
    if (platform === undefined) {
      screen.line('Stopping as soon as what is being started is up; Ctrl-C again stops at once')
      await starting.catch(() => undefined)
    } else {
      screen.line(`Started in ${duration(performance.now() - startedMs)}`)
      screen.line(welcome(platform, workspace))
      await showStatus(platform, screen, order)
    }
  } finally {
    screen.clear()
    await undo.run(step => screen.line(`Stopping ${step}`))
    clearInterval(following)
    followers.forEach(poll)
    order.forget()
  }
  screen.line('Stopped')
}

const poll = (follower: LogFollower) => follower.poll()

async function showStatus({ apiUrl }: Platform, screen: Screen, order: StopOrder): Promise<void> {
  const everyMs = screen.isTerminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS
  while (!order.signal.aborted) {
    const text = await getText(apiUrl, '/v1/status', 5_000).then(
      answer => statusLine(JSON.parse(answer) as Status),
      (error: TwofoldError) => `no status: ${error.message}`,
    )
    if (!order.signal.aborted) screen.status(text)
    await sleep(everyMs, undefined, { signal: order.signal }).catch(() => undefined)
  }
}

function tellOf(event: SupervisorEvent, screen: Screen): void {
  if (event.type === 'crashed') {
    const { name, exit, restartInMs } = event
    const how = exit.signal ?? `exit code ${exit.code}`
    screen.line(`warn ${name}: ended unasked (${how}); starts again in ${duration(restartInMs)}`)
  }
  if (event.type === 'restart-failed') {
    const { name, error, restartInMs } = event
    const why = error instanceof TwofoldError ? `${error.code}: ${error.message}` : String(error)
    screen.line(`error ${name}: could not start again: ${why}; next try in ${duration(restartInMs)}`)
  }
}
