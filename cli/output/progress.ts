import { Presets, SingleBar } from 'cli-progress'

/** Tells how far a command has come: `done` of `total`, both in one unit. */
export interface Progress {
  update(done: number, total: number, text: string): void
  stop(): void
}

/** Where it is told: standard error, so that the answer on standard output stays clean. */
export type ProgressOutput = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>

/** A bar where standard error is a terminal; elsewhere a line now and then, for whoever reads the log. */
export function openProgress(
  output: ProgressOutput = process.stderr,
  nowMs: () => number = () => performance.now(),
): Progress {
  return output.isTTY === true ? bar(output as NodeJS.WriteStream) : lines(output, nowMs)
}

function bar(stream: NodeJS.WriteStream): Progress {
  const shown = new SingleBar(
    { format: '{bar} {percentage}% {text}', hideCursor: true, clearOnComplete: true, stream },
    Presets.shades_classic,
  )
  let started = false
  return {
    update(done, total, text) {
      // Of nothing, nothing is left to do: a bar of length 0 has no percentage.
      if (!started) shown.start(Math.max(total, 1), 0, { text })
      started = true
      shown.setTotal(Math.max(total, 1))
      shown.update(total === 0 ? 1 : done, { text })
    },
    stop: () => shown.stop(),
  }
}

/** A command that is done before this writes none. */
const LINE_EVERY_MS = 10_000

function lines(output: ProgressOutput, nowMs: () => number): Progress {
  let dueMs = nowMs() + LINE_EVERY_MS
  return {
    update(done, total, text) {
      if (nowMs() < dueMs) return
      dueMs = nowMs() + LINE_EVERY_MS
      output.write(`${total === 0 ? 100 : Math.floor((100 * done) / total)} % ${text}\n`)
    },
    stop: () => {},
  }
}
