import { appendFileSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LogFollower } from '../../../../cli/start/log-follower.ts'
import { jsonLog } from '../../../../core/io/log.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

function followed() {
  const path = join(temporaryFolder(), 'speed.log')
  const log = jsonLog('speed', line => appendFileSync(path, `${line}\n`))
  log.error('from an earlier run')
  const lines: string[] = []
  return { path, log, lines, follower: new LogFollower(path, line => lines.push(line)) }
}

describe('a log is followed', () => {
  it('for warnings and errors that are new, one line each', () => {
    const { path, log, lines, follower } = followed()
    log.info('started')
    log.warn('slow')
    log.error('failed', { error: 'first line\nsecond line' })
    appendFileSync(path, 'node:internal/crash\n{"not":"ours"}\n')
    follower.poll()
    expect(lines).toEqual(['warn speed: slow (speed.log)', 'error speed: failed: first line (speed.log)'])
  })

  it('without repeating what a layer says again and again', () => {
    const { log, lines, follower } = followed()
    for (let i = 0; i < 3; i++) log.warn('slow')
    follower.poll()
    log.warn('slow')
    follower.poll()
    expect(lines).toHaveLength(1)
  })

  it('also where a line is still being written, in the middle of a character', () => {
    const { path, lines, follower } = followed()
    const line = Buffer.from(`${JSON.stringify({ level: 'warn', layer: 'speed', message: 'Größe' })}\n`)
    const middle = line.indexOf('ö') + 1
    appendFileSync(path, line.subarray(0, middle))
    follower.poll()
    expect(lines).toEqual([])
    appendFileSync(path, line.subarray(middle))
    follower.poll()
    expect(lines).toEqual(['warn speed: Größe (speed.log)'])
  })

  it('and starts anew when it has grown large', () => {
    const { path, log, lines, follower } = followed()
    appendFileSync(path, `${'x'.repeat(10 * 2 ** 20)}\n`)
    follower.poll()
    expect(existsSync(`${path}.1`)).toBe(true)
    expect(statSync(path).size).toBe(0)
    log.warn('after')
    follower.poll()
    expect(lines).toEqual(['warn speed: after (speed.log)'])
  })

  it('also when another file takes its name', () => {
    const { path, lines, follower } = followed()
    writeFileSync(path, '{"level":"warn","layer":"a","message":"b"}\n')
    follower.poll()
    expect(lines).toEqual(['warn a: b (speed.log)'])
  })
})
