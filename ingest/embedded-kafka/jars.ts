import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PACKAGE_ROOT } from '../../core/io/package-root.ts'
import { runMaven } from './tools.ts'

/** Where the broker's pom.xml and Log4j configuration stand. */
export const KAFKA_HOME = join(PACKAGE_ROOT, 'docker', 'kafka')

/**
 * The folder with Kafka's jars, shared by all projects that run from here. Fetches them once, into a folder
 * beside it that gets the final name only when complete: an interrupted fetch is repeated.
 *
 * @throws MAVEN_MISSING, KAFKA_FETCH_FAILED
 */
export async function fetchJars(onProgress: (line: string) => void): Promise<string> {
  const version = await kafkaVersion()
  const target = join(KAFKA_HOME, 'target')
  const jars = join(target, `libs-${version}`)
  if (existsSync(jars)) return jars
  onProgress(`Fetching Apache Kafka ${version} with Maven (about 45 MB, only once)`)
  const partial = join(target, `partial-${process.pid}`)
  try {
    await mkdir(partial, { recursive: true })
    await runMaven(['dependency:copy-dependencies', `-DoutputDirectory=${partial}`], KAFKA_HOME)
    await rename(partial, jars).catch((error: NodeJS.ErrnoException) => {
      // Another process was first.
      if (!existsSync(jars)) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return jars
}

async function kafkaVersion(): Promise<string> {
  const pom = await readFile(join(KAFKA_HOME, 'pom.xml'), 'utf8')
  return /<kafka\.version>(.+)<\/kafka\.version>/.exec(pom)![1]!
}
