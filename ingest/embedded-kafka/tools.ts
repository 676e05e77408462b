import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { TwofoldError } from '../../core/model/errors.ts'

const run = promisify(execFile)
const OLDEST_JAVA = 17

/**
 * The `java` command to run Kafka with.
 *
 * @throws JAVA_MISSING where there is none or it is too old
 */
export async function findJava(): Promise<string> {
  const home = process.env['JAVA_HOME']
  const java = home ? `${home}/bin/java` : 'java'
  const hint = home
    ? {
        hint: `JAVA_HOME is ${home}: let it name a Java 17 or later, or unset it; then \`java\` is looked for in PATH. Or name a Kafka cluster of your own in KAFKA_BROKERS.`,
      }
    : {}
  const version = await run(java, ['-version']).then(
    ({ stdout, stderr }) => javaVersionIn(stderr + stdout),
    (cause: Error) => {
      throw new TwofoldError(
        'JAVA_MISSING',
        `The embedded Kafka needs Java, but running "${java}" failed: ${cause.message}`,
        { ...hint, cause },
      )
    },
  )
  if (version === undefined || version >= OLDEST_JAVA) return java
  const message = `The embedded Kafka needs Java ${OLDEST_JAVA} or later, but "${java}" is version ${version}.`
  throw new TwofoldError('JAVA_MISSING', message, { ...hint, details: { java, version } })
}

/** The major version in what `java -version` prints; `undefined` where it says none. */
export function javaVersionIn(text: string): number | undefined {
  const version = /version "(?:1\.)?(\d+)/.exec(text)?.[1]
  return version === undefined ? undefined : Number(version)
}

/**
 * Runs Maven.
 *
 * @throws MAVEN_MISSING where there is no `mvn`
 * @throws KAFKA_FETCH_FAILED where it fails, with the end of what it printed
 */
export async function runMaven(args: readonly string[], cwd: string): Promise<void> {
  try {
    await run('mvn', ['-q', '-B', ...args], { cwd, maxBuffer: 64 * 1024 * 1024 })
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ENOENT') {
      throw new TwofoldError('MAVEN_MISSING', 'Fetching Kafka needs Maven, but there is no command `mvn`.', {
        cause,
      })
    }
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string }
    const reason = `${stdout}${stderr}`.trim().split('\n').slice(0, 5).join('\n')
    throw new TwofoldError('KAFKA_FETCH_FAILED', `Fetching Kafka with Maven failed: ${reason}`, { cause })
  }
}
