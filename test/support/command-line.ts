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

const WITHIN_MS = 60_000

/** Runs `twofold` in a folder, with pipes for a terminal. @throws where it is not done by `withinMs`, and is killed */
export function runTwofold(
  cwd: string,
  args: readonly string[],
  {
    env = {},
    command = TWOFOLD,
    withinMs = WITHIN_MS,
  }: { env?: Readonly<Record<string, string>>; command?: string; withinMs?: number } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...env }, timeout: withinMs }
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error?.killed === true)
        reject(new Error(`twofold ${args.join(' ')} was not done in ${withinMs} ms:\n${stdout}${stderr}`))
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr })
    })
  })
}

/** Runs `twofold` with a pseudo-terminal, as `script` makes one. Answers all it wrote, without the codes that style it. */
export async function runOnTerminal(cwd: string, commandLine: string): Promise<string> {
  const child = spawn('script', ['-qec', `${TWOFOLD} ${commandLine}`, '/dev/null'], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: WITHIN_MS,
  })
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  await once(child, 'close')
  return output.replaceAll('\r\n', '\n')
}
