import { reportError } from './output/report-error.ts'
import { createProgram } from './program.ts'

/** Runs the command line and sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = createProgram()
  for (const output of [process.stdout, process.stderr]) output.on('error', passOverClosedPipe)
  try {
    await program.parseAsync(argv)
  } catch (error) {
    // A server or a file that hangs must not keep a failed command alive, so the code is not left for the end.
    process.exit(reportError(error, program.opts()['json'] === true || process.stderr.isTTY !== true))
  }
}

/** Whoever reads may have heard enough, like `head`; what a command does besides is done to its end. */
function passOverClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
