import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { NodeChild } from '../../core/io/process/child.ts'
import { processIdentity } from '../../core/io/process/process-identity.ts'
import { Pauses } from './pauses.ts'
import { spawnTypeScript } from './spawn-typescript.ts'

/** Starts one of the programs in `test/support/children`; whatever the test does, it is gone afterwards. */
export function startProgram(program: string, logFile: string, args: readonly string[] = []): NodeChild {
  const modulePath = fileURLToPath(new URL(`./children/${program}.ts`, import.meta.url))
  const child = spawnTypeScript(modulePath, { name: program, args, logFile })
  onTestFinished(async () => {
    child.kill()
    await child.exited
  })
  return child
}

export function isAlive(pid: number): boolean {
  return processIdentity(pid) !== undefined
}

/** Waits until `condition` holds; fails with what was awaited after `timeoutMs`. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 120_000) {
  const deadline = performance.now() + timeoutMs
  const pauses = new Pauses()
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`)
    await pauses.wait()
  }
}

/** What a program wrote, line by line, once a line matches. */
export async function logLine(logFile: string, pattern: RegExp): Promise<RegExpExecArray> {
  let match: RegExpExecArray | null = null
  await until(`${pattern} in ${logFile}`, () => (match = pattern.exec(readIfThere(logFile))) !== null)
  return match as unknown as RegExpExecArray
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
