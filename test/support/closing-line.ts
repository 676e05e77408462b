import type { Reporter, TestModule } from 'vitest/node'

/**
 * What the faults of `npm test` are meant to take: the sum over the files of `test/fault` of all their tests and hooks,
 * servers' starts included. Two files run side by side, so about half of it passes on the clock. More is told and is
 * no failure: a machine that has other work to do says nothing of the code.
 */
const FAULTS_WITHIN_SECONDS = 300

/** Ends a run with one line of its counts, for programs that read no more than that. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1
      }
      // A file that could not be collected, or failed outside of its tests, is a failure of its own.
      counts.failed += module.errors().length
    }
    const faults = faultTime(modules)
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
    process.on('exit', () =>
      process.stdout.write(`${faults}${counts.passed} passed, ${counts.failed} failed${skipped}\n`),
    )
  }
}

type Timed = Pick<TestModule, 'moduleId'> & { diagnostic(): { readonly duration: number } }

/** What is said of the time that faults took; nothing where there were none. */
export function faultTime(modules: readonly Timed[], isFull = process.env['FAULT_FULL'] === '1'): string {
  const faults = modules.filter(({ moduleId }) => moduleId.includes('/test/fault/'))
  if (faults.length === 0) return ''
  const seconds = Math.round(faults.reduce((sum, module) => sum + module.diagnostic().duration, 0) / 1000)
  const text = `faults took ${seconds} s in ${faults.length} files`
  if (isFull) return `${text}\n`
  const verdict = seconds > FAULTS_WITHIN_SECONDS ? 'too long: mark one as long' : 'in time'
  return `${text}, of ${FAULTS_WITHIN_SECONDS} s: ${verdict}\n`
}
