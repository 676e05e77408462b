import { tmpdir } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { findJava, javaVersionIn, runMaven } from '../../../../ingest/embedded-kafka/tools.ts'

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
  vi.stubEnv('JAVA_HOME', '/nowhere')
  await expect(findJava()).rejects.toMatchObject({
    code: 'JAVA_MISSING',
    hint: expect.stringContaining('KAFKA_BROKERS'),
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
