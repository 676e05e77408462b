import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { PACKAGE_ROOT } from '../../cli/package-root.ts'

export const TWOFOLD = join(PACKAGE_ROOT, 'bin', 'twofold')

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `twofold` in a folder, with pipes for a terminal. */
export function runTwofold(
  cwd: string,
  args: readonly string[],
  { env = {}, command = TWOFOLD }: { env?: Readonly<Record<string, string>>; command?: string } = {},
): Promise<CommandResult> {
  return new Promise(resolve => {
    const options = { cwd, env: { ...process.env, ...env }, timeout: 180_000 }
    execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr })
    })
  })
}

/** Runs `twofold` with a pseudo-terminal, as `script` makes one. Answers all it wrote, without the codes that style it. */
export async function runOnTerminal(cwd: string, commandLine: string): Promise<string> {
  const child = spawn('script', ['-qec', `${TWOFOLD} ${commandLine}`, '/dev/null'], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 180_000,
  })
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  await once(child, 'close')
  return output.replaceAll('\r\n', '\n')
}
