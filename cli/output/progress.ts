import { Presets, SingleBar } from 'cli-progress'

/** Tells how far a command has come. */
export interface Progress {
  update(done: number, total: number | undefined, text: string): void
  stop(): void
}

/** A bar on standard error where that is a terminal; nothing elsewhere, so that logs and pipes stay clean. */
export function openProgress(): Progress {
  if (process.stderr.isTTY !== true) return { update: () => {}, stop: () => {} }
  const bar = new SingleBar(
    { format: '{bar} {percentage}% {text}', hideCursor: true, clearOnComplete: true, stream: process.stderr },
    Presets.shades_classic,
  )
  let started = false
  return {
    update(done, total, text) {
      // A bar without an end would only mislead: then the text alone tells.
      const end = total ?? Math.max(done, 1)
      if (!started) bar.start(end, 0, { text })
      started = true
      bar.setTotal(end)
      bar.update(done, { text })
    },
    stop: () => bar.stop(),
  }
}
