import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { PACKAGE_ROOT } from '../../core/io/package-root.ts'

const ENDS_WITHIN_MS = 180_000

export const TWOFOLD = join(PACKAGE_ROOT, 'bin', 'twofold')

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `twofold` in a folder, with pipes for a terminal.
 * @throws where it does not end by `withinMs`, and is killed: what it then answers says nothing of it
 */
export function runTwofold(
  cwd: string,
  args: readonly string[],
  {
    env = {},
    command = TWOFOLD,
    withinMs = ENDS_WITHIN_MS,
  }: { env?: Readonly<Record<string, string>>; command?: string; withinMs?: number } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...process.env, ...env },
      timeout: withinMs,
      killSignal: 'SIGKILL',
    } as const
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error?.killed)
        reject(new Error(`twofold ${args.join(' ')} was not done in ${withinMs} ms:\n${stdout}${stderr}`))
      else resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr })
    })
  })
}

/** Runs `twofold` with a pseudo-terminal, as `script` makes one. Answers all it wrote, without the codes that style it. */
export async function runOnTerminal(cwd: string, commandLine: string): Promise<string> {
  const child = spawn('script', ['-qec', `${TWOFOLD} ${commandLine}`, '/dev/null'], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: ENDS_WITHIN_MS,
  })
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  await once(child, 'close')
  return output.replaceAll('\r\n', '\n')
}
