import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PACKAGE_ROOT } from '../../core/io/package-root.ts'
import { freePort } from '../../core/io/process/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Block {
  readonly info: string
  readonly text: string
}

const guide = readFileSync(join(PACKAGE_ROOT, 'docs', 'guide', '01-quick-start.md'), 'utf8')
const blocks: Block[] = [...guide.matchAll(/^```(\w+ \w+)\n(.*?)^```$/gms)].map(([, info, text]) => ({
  info: info!,
  text: text!,
}))

/** Runs a script in bash from the package's folder. It ends the platform it starts, also where it fails. */
async function run(
  script: string,
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const bash = spawn('bash', ['-c', `set -e\ntrap 'kill %1 2>/dev/null && wait' EXIT\n${script}`], {
    cwd: PACKAGE_ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
    // Its trap ends the platform; a guide that waits for ever must not.
    timeout: 250_000,
  })
  let output = ''
  bash.stdout.on('data', chunk => (output += chunk))
  const [code] = (await once(bash, 'close')) as [number]
  return { code, output }
}

it('the quick start runs as it stands, and answers what it says', async () => {
  const temporary = temporaryFolder()
  const port = await freePort()
  const script = blocks
    .filter(({ info }) => info === 'sh run')
    .map(({ text }) => text.replaceAll('8080', String(port)))
    .join('\n')
  const { code, output } = await run(script, {
    TMPDIR: temporary,
    TWOFOLD_PORT: String(port),
    TWOFOLD_KAFKA_PORT: String(await freePort()),
  })
  for (const { info, text } of blocks)
    if (info.endsWith(' output')) expect(output.replaceAll('\r\n', '\n')).toContain(text.trim())
  expect(code).toBe(0)
})
