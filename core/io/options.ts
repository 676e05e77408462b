import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { nearNames } from '../define/near-names.ts'
import { didYouMean } from '../define/unknown-name.ts'
import { TwofoldError } from '../model/errors.ts'
import type { BatchSchedule } from '../model/project.ts'
import { type Setting, separateCredentials } from './clickhouse/url.ts'
import { brokersIn } from './kafka/address.ts'

/**
 * Every setting there is, in one place: name, type, default, environment variable and what it is for. The
 * environment goes before the configuration's `options`, these before the default. A secret can also stand in a
 * file that `VARIABLE_FILE` names.
 */
export const OPTIONS = {
  dataDir: text(
    'TWOFOLD_DATA_DIR',
    '.twofold',
    'Folder for the archive, the embedded servers and the secrets.',
  ),
  host: text('TWOFOLD_HOST', '127.0.0.1', 'Address that the HTTP API binds to.'),
  port: whole('TWOFOLD_PORT', 8080, 0, 65_535, 'Port of the HTTP API.'),
  kafkaBrokers: text('KAFKA_BROKERS', '', 'Brokers, comma-separated; empty for the embedded one.'),
  kafkaPort: whole(
    'TWOFOLD_KAFKA_PORT',
    9092,
    1,
    65_535,
    'Port of the embedded Kafka broker, which listens on 127.0.0.1 alone.',
  ),
  kafkaHeapMb: whole('TWOFOLD_KAFKA_HEAP_MB', 512, 128, 65_536, 'Heap of the embedded Kafka broker, MiB.'),
  kafkaDriver: choice(
    'TWOFOLD_KAFKA_DRIVER',
    'kafkajs',
    ['kafkajs', 'node-rdkafka'],
    'Kafka client library.',
  ),
  kafkaSsl: flag('KAFKA_SSL', false, 'Speak TLS to the brokers.'),
  kafkaSaslMechanism: choice(
    'KAFKA_SASL_MECHANISM',
    'none',
    ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
    'SASL mechanism.',
  ),
  kafkaSaslUsername: text('KAFKA_SASL_USERNAME', '', 'SASL user.'),
  kafkaSaslPassword: secret('KAFKA_SASL_PASSWORD', 'SASL password.'),
  clickhouseUrl: text(
    'CLICKHOUSE_URL',
    '',
    'ClickHouse, as http://host:8123; empty for the embedded server.',
  ),
  clickhouseUser: text('CLICKHOUSE_USER', 'default', 'User of CLICKHOUSE_URL.'),
  clickhousePassword: secret('CLICKHOUSE_PASSWORD', 'Password of CLICKHOUSE_USER.'),
  clickhouseDatabase: text('CLICKHOUSE_DATABASE', 'twofold', 'Database for all tables; created if need be.'),
  clickhouseMemoryMb: whole(
    'TWOFOLD_CLICKHOUSE_MEMORY_MB',
    Math.max(1024, Math.floor(totalmem() / 3 / 2 ** 20)),
    512,
    1_048_576,
    'Memory limit of the embedded ClickHouse, MiB.',
  ),
  speedMaxRecords: whole(
    'TWOFOLD_SPEED_MAX_RECORDS',
    120_000,
    100,
    1_000_000,
    'Records that may wait for a micro-batch.',
  ),
  speedMaxBytes: whole(
    'TWOFOLD_SPEED_MAX_BYTES',
    64 * 2 ** 20,
    2 ** 20,
    2 ** 30,
    'Bytes that may wait for a micro-batch.',
  ),
  speedLingerMs: whole(
    'TWOFOLD_SPEED_LINGER_MS',
    100,
    0,
    60_000,
    'Least time between two inserts of a lane, ms; up to three times that while inserts take long.',
  ),
  speedMemoryMb: whole(
    'TWOFOLD_SPEED_MEMORY_MB',
    512,
    64,
    65_536,
    'Memory limit of DuckDB in a speed worker, MiB.',
  ),
  archiveFlushMs: whole(
    'TWOFOLD_ARCHIVE_FLUSH_MS',
    30_000,
    100,
    3_600_000,
    'A record waits this long for its segment at most, ms. Where it is not set, half of `batch.every` if that is less.',
  ),
  archiveSegmentRecords: whole(
    'TWOFOLD_ARCHIVE_SEGMENT_RECORDS',
    200_000,
    1,
    2 ** 22,
    'Records in a segment at most, about.',
  ),
  archiveSegmentBytes: whole(
    'TWOFOLD_ARCHIVE_SEGMENT_BYTES',
    64 * 2 ** 20,
    2 ** 10,
    2 ** 30,
    'Raw bytes in a segment at most, about.',
  ),
  batchMemoryMb: whole(
    'TWOFOLD_BATCH_MEMORY_MB',
    2048,
    128,
    1_048_576,
    'Memory limit of DuckDB in a batch job, MiB.',
  ),
  batchThreads: whole(
    'TWOFOLD_BATCH_THREADS',
    Math.max(1, cpus().length - 1),
    1,
    256,
    'Threads of DuckDB in a batch job.',
  ),
  batchChunkRecords: whole(
    'TWOFOLD_BATCH_CHUNK_RECORDS',
    1_000_000,
    1000,
    2 ** 22,
    'Records that a batch job folds at a time, about.',
  ),
  keepGenerations: whole('TWOFOLD_KEEP_GENERATIONS', 5, 1, 1000, 'Generations that can be rolled back to.'),
  collectionGraceMs: whole(
    'TWOFOLD_COLLECTION_GRACE_MS',
    60_000,
    0,
    86_400_000,
    'Time between announcing a collection and deleting rows, ms.',
  ),
  collectionMinRows: whole(
    'TWOFOLD_COLLECTION_MIN_ROWS',
    20_000,
    1,
    1_000_000_000,
    'Fewer rows of a table than this are not worth rewriting its parts to delete them.',
  ),
  refreshMs: whole(
    'TWOFOLD_REFRESH_MS',
    5000,
    100,
    600_000,
    'How often new partitions and generations are looked for, ms.',
  ),
  queryTimeoutMs: whole('TWOFOLD_QUERY_TIMEOUT_MS', 30_000, 10, 3_600_000, 'Time limit of a query, ms.'),
  maxBodyBytes: whole('TWOFOLD_MAX_BODY_BYTES', 16 * 2 ** 20, 1024, 2 ** 30, 'Largest HTTP body, bytes.'),
} as const satisfies Record<string, OptionDefinition>

export type OptionName = keyof typeof OPTIONS

export interface OptionDefinition {
  readonly env: string
  readonly kind: 'text' | 'whole' | 'flag' | 'choice' | 'secret'
  readonly default: string | number | boolean
  readonly doc: string
  readonly min?: number
  readonly max?: number
  readonly choices?: readonly string[]
}

/** The value of every option. */
export type Options = {
  readonly [N in OptionName]: (typeof OPTIONS)[N]['default'] extends number
    ? number
    : (typeof OPTIONS)[N]['default'] extends boolean
      ? boolean
      : string
}

/**
 * Resolves every option. No secret is left in one that errors and logs may show: what `clickhouseUrl` holds of
 * credentials comes out as `clickhouseUser` and `clickhousePassword`.
 *
 * @param defaults where the project decides what holds for an option that is not set
 * @throws OPTION_INVALID naming the option, where it was set, and what was expected
 */
export function resolveOptions(
  configured: Readonly<Record<string, string | number | boolean>>,
  environment: Readonly<Record<string, string | undefined>>,
  defaults: Partial<Options> = {},
): Options {
  const unknown = Object.keys(configured).find(name => !Object.hasOwn(OPTIONS, name))
  if (unknown !== undefined) throw unknownOption(unknown)
  const places: Partial<Record<OptionName, string>> = {}
  const values = Object.entries(OPTIONS).map(([name, definition]) => {
    const fromEnvironment = environmentValue(definition, environment)
    const given = fromEnvironment ?? configured[name]
    const place = fromEnvironment === undefined ? `options.${name}` : definition.env
    if (given !== undefined) places[name as OptionName] = place
    return [
      name,
      given === undefined
        ? (defaults[name as OptionName] ?? definition.default)
        : parse(definition, given, place),
    ]
  })
  return withServers(Object.fromEntries(values) as Options, places)
}

/**
 * The defaults that follow from a project: half of the time between two extensions, or jobs that come often would find
 * nothing new in the archive.
 */
export function defaultsOf({ everyMs }: BatchSchedule): Partial<Options> {
  const { default: longest, min } = OPTIONS.archiveFlushMs
  return { archiveFlushMs: Math.min(longest, Math.max(min, Math.floor(everyMs / 2))) }
}

/** The options that name servers, looked at: they are shown to people. */
function withServers(options: Options, places: Readonly<Partial<Record<OptionName, string>>>): Options {
  const setting = (name: 'clickhouseUrl' | 'clickhouseUser' | 'clickhousePassword'): Setting | undefined => {
    const place = places[name]
    return place === undefined ? undefined : { value: options[name], place }
  }
  brokersIn(options.kafkaBrokers)
  const url = setting('clickhouseUrl')
  if (url === undefined || url.value === '') return options
  return { ...options, ...separateCredentials(url, setting('clickhouseUser'), setting('clickhousePassword')) }
}

function unknownOption(name: string): TwofoldError {
  const nearest = nearNames(name, Object.keys(OPTIONS))
  const message = `The configuration sets the option ${JSON.stringify(name)}, which does not exist.`
  return new TwofoldError('OPTION_INVALID', message, {
    details: { option: name, nearest },
    ...didYouMean(nearest),
  })
}

function environmentValue(
  definition: OptionDefinition,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const direct = environment[definition.env]
  if (direct !== undefined && direct !== '') return direct
  const file = definition.kind === 'secret' ? environment[`${definition.env}_FILE`] : undefined
  if (file === undefined || file === '') return undefined
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new TwofoldError(
      'OPTION_INVALID',
      `${definition.env}_FILE names the file ${file}, which cannot be read.`,
      { cause },
    )
  }
}

function parse(
  definition: OptionDefinition,
  given: string | number | boolean,
  place: string,
): string | number | boolean {
  const wrong = (expected: string): never => {
    const shown = definition.kind === 'secret' ? 'the value given' : JSON.stringify(given)
    throw new TwofoldError('OPTION_INVALID', `${place} is ${shown}; expected ${expected}.`, {
      details: { place },
    })
  }
  switch (definition.kind) {
    case 'whole': {
      const value = typeof given === 'number' ? given : Number(String(given).trim() || Number.NaN)
      const [min, max] = [definition.min!, definition.max!]
      return Number.isInteger(value) && value >= min && value <= max
        ? value
        : wrong(`a whole number from ${min} to ${max}`)
    }
    case 'flag':
      if (given === true || given === 'true' || given === '1') return true
      return given === false || given === 'false' || given === '0' ? false : wrong('true or false')
    case 'choice':
      return definition.choices!.includes(String(given))
        ? String(given)
        : wrong(`one of ${definition.choices!.join(', ')}`)
    default:
      return typeof given === 'string' ? given : wrong('text')
  }
}

function text(env: string, fallback: string, doc: string) {
  return { env, kind: 'text', default: fallback as string, doc } as const
}

function secret(env: string, doc: string) {
  return { env, kind: 'secret', default: '' as string, doc } as const
}

function whole(env: string, fallback: number, min: number, max: number, doc: string) {
  return { env, kind: 'whole', default: fallback as number, min, max, doc } as const
}

function flag(env: string, fallback: boolean, doc: string) {
  return { env, kind: 'flag', default: fallback as boolean, doc } as const
}

function choice(env: string, fallback: string, choices: readonly string[], doc: string) {
  return { env, kind: 'choice', default: fallback as string, choices, doc } as const
}
