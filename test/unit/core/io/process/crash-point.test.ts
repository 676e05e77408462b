import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { armed, CRASH_PLACES, crashPoint, nothing } from '../../../../../core/io/process/crash-point.ts'
import { TYPESCRIPT_LOADER } from '../../../../support/spawn-typescript.ts'
import { sourceFiles } from '../../../../tidy/source-files.ts'

const MODULE = fileURLToPath(new URL('../../../../../core/io/process/crash-point.ts', import.meta.url))

/** Passes one place three times in a process of its own, and says each time that it did. */
function passThrice(order: string) {
  const program = `import { crashPoint } from ${JSON.stringify(MODULE)}
    for (let time = 1; time <= 3; time++) { crashPoint('speed: fetched'); console.log(time) }`
  return spawnSync(process.execPath, [TYPESCRIPT_LOADER, '--input-type=module', '-e', program], {
    env: { ...process.env, TWOFOLD_CRASH_POINT: order },
    encoding: 'utf8',
  })
}

describe('a crash point', () => {
  it('that nobody has armed is a function that does nothing, the same for every process and place', () => {
    expect(crashPoint).toBe(nothing)
    expect(armed(undefined)).toBe(nothing)
    expect(armed('')).toBe(nothing)
    expect(nothing.toString().replaceAll(/\s/g, '')).toBe('functionnothing(){}')
  })

  it('looks at the environment when the process starts, and not when it is passed', () => {
    process.env['TWOFOLD_CRASH_POINT'] = 'fail speed: fetched'
    try {
      expect(() => crashPoint('speed: fetched')).not.toThrow()
    } finally {
      delete process.env['TWOFOLD_CRASH_POINT']
    }
  })

  it('kills the process at the time that was ordered, and says so', () => {
    const { signal, stdout, stderr } = passThrice('kill 3 speed: fetched')
    expect(signal).toBe('SIGKILL')
    expect(stdout).toBe('1\n2\n')
    expect(stderr).toBe('crash point reached: kill 3 speed: fetched\n')
  })

  it('fails once', () => {
    const point = armed('fail 2 batch: chunk written')
    point('batch: chunk written')
    point('batch: run written')
    expect(() => point('batch: chunk written')).toThrow(/batch: chunk written/)
    expect(() => point('batch: chunk written')).not.toThrow()
  })

  it.each(['kill', 'kill somewhere', 'maim speed: fetched', 'speed: fetched'])(
    'refuses the order %j, that nobody believes a place was passed which there is not',
    order => expect(() => armed(order)).toThrow(`There is no crash point "${order}"`),
  )

  it.each(CRASH_PLACES)('%j is a place in the code, once', place => {
    const marks = sourceFiles().filter(file => file.text.includes(`crashPoint('${place}')`))
    expect(marks).toHaveLength(1)
  })
})
