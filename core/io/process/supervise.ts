import type { ChildExit } from './child.ts'

/** Something that runs until it is stopped, or crashes. */
export interface Running {
  /** Resolves, and never rejects, when it has ended for whatever reason. */
  readonly exited: Promise<ChildExit>
  /** Ends it cleanly; resolves when it has. */
  stop(): Promise<void>
}

export interface Supervisor<T extends Running> {
  /** What runs now, or last ran while a restart is under way. */
  readonly current: T
  /** Whether it runs at this moment. */
  readonly up: boolean
  /** Ends it and what is about to replace it; no restart follows. Resolves when all has ended. */
  stop(): Promise<void>
}

export type SupervisorEvent =
  | { readonly type: 'started'; readonly name: string }
  | {
      readonly type: 'crashed'
      readonly name: string
      readonly exit: ChildExit
      readonly restartInMs: number
    }
  | {
      readonly type: 'restart-failed'
      readonly name: string
      readonly error: unknown
      readonly restartInMs: number
    }
  | { readonly type: 'stopped'; readonly name: string }

export interface SuperviseOptions<T extends Running> {
  readonly name: string
  /** Starts it and resolves when it is ready to serve. It must leave nothing behind when it rejects. */
  readonly start: () => Promise<T>
  readonly onEvent: (event: SupervisorEvent) => void
  readonly backOff?: BackOff
}

/** The pause before a restart doubles from `firstMs` to `longestMs`, and starts anew after `healthyMs` up. */
export interface BackOff {
  readonly firstMs: number
  readonly longestMs: number
  readonly healthyMs: number
}

const BACK_OFF: BackOff = { firstMs: 200, longestMs: 10_000, healthyMs: 60_000 }

/**
 * Keeps something running: starts it, and after a crash starts it again, for ever, with growing pauses.
 * If the very first start fails, nothing is tried again and its error is raised: that is for the user to mend.
 */
export async function supervise<T extends Running>(options: SuperviseOptions<T>): Promise<Supervisor<T>> {
  const { name, start, onEvent, backOff = BACK_OFF } = options
  const pause = new Pause()
  let current = await start()
  let up = true
  let stopping = false
  onEvent({ type: 'started', name })

  async function watch(): Promise<void> {
    let restartInMs = backOff.firstMs
    while (!stopping) {
      const upSinceMs = performance.now()
      const exit = await current.exited
      up = false
      if (stopping) return
      if (performance.now() - upSinceMs >= backOff.healthyMs) restartInMs = backOff.firstMs
      onEvent({ type: 'crashed', name, exit, restartInMs })
      restartInMs = await restart(restartInMs)
    }
  }

  /** Tries until it runs again; answers with the pause that the next crash is to be followed by. */
  async function restart(pauseMs: number): Promise<number> {
    let restartInMs = pauseMs
    while (!stopping) {
      await pause.wait(restartInMs)
      if (stopping) break
      restartInMs = Math.min(restartInMs * 2, backOff.longestMs)
      try {
        current = await start()
        up = true
        if (!stopping) onEvent({ type: 'started', name })
        return restartInMs
      } catch (error) {
        if (!stopping) onEvent({ type: 'restart-failed', name, error, restartInMs })
      }
    }
    return restartInMs
  }

  const watching = watch()
  return {
    get current() {
      return current
    },
    get up() {
      return up
    },
    async stop() {
      if (!stopping) {
        stopping = true
        pause.cut()
        if (up) await current.stop()
        await watching
        // A start that was under way when the order came has become `current` since.
        if (up) await current.stop()
        up = false
        onEvent({ type: 'stopped', name })
      }
      await watching
    },
  }
}

/** A wait that can be cut short. */
class Pause {
  #cut = () => {}

  wait(durationMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, durationMs)
      this.#cut = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  cut(): void {
    this.#cut()
  }
}
