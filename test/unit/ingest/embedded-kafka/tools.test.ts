import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { findJava, javaVersionIn, runMaven } from '../../../../ingest/embedded-kafka/tools.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

afterEach(() => vi.unstubAllEnvs())

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_412"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['some other program', undefined],
])('%s is version %s', (text, version) => {
  expect(javaVersionIn(text)).toBe(version)
})

test('without Java, the error says so and what else to do', async () => {
  vi.stubEnv('JAVA_HOME', '')
  vi.stubEnv('PATH', '/nowhere')
  await expect(findJava()).rejects.toMatchObject({
    code: 'JAVA_MISSING',
    hint: expect.stringMatching(/Install a Java runtime.*KAFKA_BROKERS/),
  })
})

test('where JAVA_HOME names no Java, the error says so', async () => {
  vi.stubEnv('JAVA_HOME', '/nowhere')
  await expect(findJava()).rejects.toMatchObject({
    code: 'JAVA_MISSING',
    message: expect.stringContaining('/nowhere/bin/java'),
    hint: expect.stringMatching(/^JAVA_HOME is \/nowhere.*KAFKA_BROKERS/),
  })
})

test('where JAVA_HOME names one that is too old, the error says so', async () => {
  const home = temporaryFolder()
  mkdirSync(join(home, 'bin'))
  writeFileSync(join(home, 'bin', 'java'), '#!/bin/sh\necho \'java version "1.8.0_412"\' >&2\n', {
    mode: 0o755,
  })
  vi.stubEnv('JAVA_HOME', home)
  await expect(findJava()).rejects.toMatchObject({
    code: 'JAVA_MISSING',
    message: expect.stringContaining('is version 8'),
    hint: expect.stringContaining(`JAVA_HOME is ${home}`),
  })
})

test('without Maven, the error says so', async () => {
  vi.stubEnv('PATH', '/nowhere')
  await expect(runMaven(['--version'], tmpdir())).rejects.toMatchObject({ code: 'MAVEN_MISSING' })
})

test('when Maven fails, the error carries what it printed', async () => {
  await expect(runMaven(['validate'], '/')).rejects.toMatchObject({
    code: 'KAFKA_FETCH_FAILED',
    message: expect.stringContaining('no POM in this directory'),
  })
})
