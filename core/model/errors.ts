/**
 * Every error Twofold raises on purpose. The code is stable; `status` is the HTTP status where one is sent;
 * `exit` the exit code of the command line (1 by default); `hint` says what to do.
 */
export const ERRORS = {
  // Definition and configuration
  CONFIG_NOT_FOUND: {
    status: 500,
    exit: 2,
    hint: 'Pass --config PATH, or make a project with `twofold init`.',
  },
  CONFIG_INVALID: { status: 500, exit: 2, hint: 'Mend the configuration at the place named.' },
  OPTION_INVALID: {
    status: 500,
    exit: 2,
    hint: 'See `twofold --help` and docs/configuration.md for what it takes.',
  },
  EXPRESSION_INVALID: {
    status: 500,
    exit: 2,
    hint: 'Expressions are DuckDB SQL over the columns of the stream.',
  },
  FUNCTION_NOT_ALLOWED: {
    status: 500,
    exit: 2,
    hint: 'Only deterministic functions may stand in a definition; docs/definition.md lists them.',
  },

  // Kafka
  KAFKA_UNAVAILABLE: {
    status: 503,
    exit: 1,
    hint: 'Check that the brokers run and can be reached; what was acknowledged is not lost.',
  },
  KAFKA_REFUSED: {
    status: 500,
    exit: 1,
    hint: 'Check user, password, mechanism, TLS and the access rights (ACLs) of the Kafka connection.',
  },
  TOPIC_NOT_FOUND: { status: 500, exit: 1, hint: 'Create the topic, or mend its name in the definition.' },
  TOPIC_NOT_CREATED: {
    status: 500,
    exit: 1,
    hint: 'Mend what Kafka complains about, or create the topic by hand.',
  },
  TOPIC_RECREATED: {
    status: 500,
    exit: 1,
    hint: 'The topic is another one than before: give the stream a new topic name, or start over on purpose.',
  },
  OFFSET_OUT_OF_RANGE: {
    status: 500,
    exit: 1,
    hint: 'Records were deleted before they were read, or the log was cut. Only an explicit command accepts the loss.',
  },
  CODEC_UNREADABLE: {
    status: 500,
    exit: 1,
    hint: 'Use the kafkajs driver, which reads gzip, snappy, lz4 and zstd, or produce with another codec.',
  },
  BATCH_UNREADABLE: {
    status: 500,
    exit: 1,
    hint: 'The batch is damaged or in a format older than Kafka 0.11: check the disks of the broker.',
  },
  PRODUCE_FAILED: {
    status: 503,
    exit: 1,
    hint: 'Some of the records may have been written all the same: send again only what may stand twice.',
  },
  DRIVER_NOT_INSTALLED: {
    status: 500,
    exit: 2,
    hint: 'Run `npm install node-rdkafka`, allow its install script, or use the driver kafkajs.',
  },

  // The embedded Kafka broker
  JAVA_MISSING: {
    status: 500,
    exit: 2,
    hint: 'Install a Java runtime, version 17 or later, or name a Kafka cluster of your own in KAFKA_BROKERS.',
  },
  MAVEN_MISSING: {
    status: 500,
    exit: 2,
    hint: 'Install Maven (`mvn`), needed once to fetch Kafka, or name a Kafka cluster of your own in KAFKA_BROKERS.',
  },
  KAFKA_FETCH_FAILED: {
    status: 500,
    exit: 1,
    hint: 'Check that Maven reaches its repository; the fetch is repeated at the next start.',
  },
  KAFKA_PORT_IN_USE: {
    status: 500,
    exit: 2,
    hint: 'Stop the other program or choose another port; a Kafka that runs there is used with KAFKA_BROKERS.',
  },
  KAFKA_START_FAILED: { status: 500, exit: 1, hint: 'The broker’s log names the cause.' },
} as const satisfies Record<string, ErrorKind>

interface ErrorKind {
  readonly status: number
  readonly exit: number
  readonly hint: string
}

export type ErrorCode = keyof typeof ERRORS

/** An error of the registry: the message tells what was tried, on what, and why it failed. */
export class TwofoldError extends Error {
  override readonly name = 'TwofoldError'
  readonly code: ErrorCode
  readonly hint: string
  /** Facts for programs: names, offsets, near matches. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? ERRORS[code].hint
    this.details = options.details ?? {}
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get exitCode(): number {
    return ERRORS[this.code].exit
  }
}
