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
  // Command line
  USAGE_INVALID: {
    status: 500,
    exit: 2,
    hint: '`twofold --help` shows the commands, `twofold COMMAND --help` one of them.',
  },
  NOT_RUNNING: {
    status: 503,
    exit: 3,
    hint: 'Start the platform with `twofold start`, or name its data directory with --data. External servers are named by KAFKA_BROKERS and CLICKHOUSE_URL.',
  },
  API_UNREACHABLE: {
    status: 503,
    exit: 3,
    hint: 'Start the platform with `twofold start`, or name the address of its API with --api.',
  },
  API_FAILED: { status: 500, exit: 1, hint: 'The message is what the API answered.' },
  DATA_DIR_FOREIGN: {
    status: 500,
    exit: 2,
    hint: 'Name an empty or a new folder with --data or TWOFOLD_DATA_DIR.',
  },
  DATA_DIR_UNUSABLE: {
    status: 500,
    exit: 2,
    hint: 'Name a folder that can be written with --data or TWOFOLD_DATA_DIR.',
  },
  FILE_EXISTS: { status: 500, exit: 2, hint: 'Name another folder; nothing was written.' },
  NOT_CONFIRMED: { status: 500, exit: 2, hint: 'Say --yes to do it without being asked.' },
  // Stores in ClickHouse
  FORMAT_UNSUPPORTED: {
    status: 500,
    exit: 2,
    hint: 'Use the version of Twofold that wrote this data, or begin afresh with `twofold reset`.',
  },
  DEFINITION_MISSING: { status: 503, exit: 4, hint: 'Publish anew with `twofold batch run --full`.' },
  INSERT_VANISHED: {
    status: 503,
    exit: 1,
    hint: 'Look into the ClickHouse server log; the insert is safe to repeat.',
  },
  POINTER_DAMAGED: {
    status: 503,
    exit: 4,
    hint: 'Restore the table `pointers` from a copy. If it is the newest row and it is deleted, the generation before serves again.',
  },
  PUBLICATION_SUPERSEDED: {
    status: 409,
    exit: 3,
    hint: 'Run the batch job again; it plans on the newest generation.',
  },
  // Streams and chains
  TOPIC_COMPACTED: {
    status: 500,
    exit: 2,
    hint: 'Use a topic with cleanup.policy=delete; a compacted topic is a table of latest values, not a stream.',
  },
  CHAIN_BROKEN: {
    status: 503,
    exit: 4,
    hint: 'Find out with `twofold verify`; answers from this chain are refused until `twofold repair chain` has rebuilt it.',
  },
  DEDUPLICATION_GAP: {
    status: 503,
    exit: 4,
    hint: 'This is a fault of Twofold: please report it with the log. The worker reads the ids before its position again and goes on; nothing that was written is in doubt.',
  },
  RETENTION_PASSED: {
    status: 503,
    exit: 4,
    hint: 'The range is gone from Kafka. `twofold repair accept-loss` shows it and, with --yes, declares it lost: then all goes on behind it, and every answer says so. Give the topic a longer retention.',
  },
  // Batch jobs
  ARCHIVE_BEHIND: {
    status: 503,
    exit: 4,
    hint: 'Segments are missing: `twofold verify` lists them, `twofold repair archive` reads them from Kafka again.',
  },
  RUN_MISMATCH: {
    status: 500,
    exit: 4,
    hint: 'The published generation still serves. Run `twofold batch run --full`; if it fails again, `twofold verify`.',
  },
  BATCH_BUSY: {
    status: 409,
    exit: 3,
    hint: 'Wait until the job at work has ended; `twofold batch runs` shows it.',
  },
  REPAIR_BUSY: {
    status: 409,
    exit: 3,
    hint: 'Wait until the repair at work has ended, then look with `twofold verify`.',
  },
  ARCHIVER_AT_WORK: {
    status: 409,
    exit: 3,
    hint: 'Try again in a moment: it archives what it holds, or stops and names what is lost, which `twofold status --json` shows.',
  },
  REPAIR_DIFFERS: {
    status: 500,
    exit: 4,
    hint: 'Restore the file from a copy. Published answers hold what was archived; a recomputation from Kafka would change them.',
  },
  ROLLBACK_IMPOSSIBLE: {
    status: 409,
    exit: 3,
    hint: '`twofold batch runs` lists the generations that can be rolled back to.',
  },
  BATCH_STOPPED: {
    status: 503,
    exit: 1,
    hint: 'The published generation still serves; the next job takes the work up.',
  },
  BATCH_WORKER_FAILED: {
    status: 500,
    exit: 1,
    hint: 'The published generation still serves; the job is tried again.',
  },
  // Archive
  ARCHIVE_GAP: {
    status: 503,
    exit: 4,
    hint: '`twofold verify` lists all that is missing; `twofold repair archive` reads it from Kafka again.',
  },
  SEGMENT_FOREIGN: {
    status: 503,
    exit: 4,
    hint: 'The folder holds a segment of another project or topic; `twofold repair archive` sets it aside.',
  },
  SEGMENT_UNLINKED: {
    status: 503,
    exit: 4,
    hint: 'A killed archiver may have left it, or its descriptor is gone; `twofold repair archive` sets it aside once its offsets are archived.',
  },
  SEGMENT_OVERLAP: {
    status: 503,
    exit: 4,
    hint: '`twofold repair archive` sets the segment aside whose offsets another holds.',
  },
  SEGMENT_DAMAGED: {
    status: 503,
    exit: 4,
    hint: '`twofold verify` lists all that is damaged; `twofold repair archive` reads it from Kafka again.',
  },
  SEGMENT_UNREADABLE: {
    status: 503,
    exit: 1,
    hint: 'Check the disk; the range is still in Kafka and is archived again.',
  },

  // DuckDB
  DUCKDB_FAILED: { status: 500, exit: 1, hint: 'The message holds what DuckDB said of the statement.' },
  DUCKDB_OUT_OF_MEMORY: {
    status: 503,
    exit: 1,
    hint: 'Give DuckDB more memory, fewer threads, or room in its temporary directory.',
  },
  DUCKDB_INTERRUPTED: { status: 503, exit: 1, hint: 'The statement was stopped on purpose; run it again.' },
  PARQUET_TYPE_INEXACT: {
    status: 500,
    exit: 1,
    hint: 'DuckDB writes 128-bit integers to Parquet as doubles: cast them to DECIMAL(38,0) or a smaller integer.',
  },

  // Processes and the data directory
  DATA_DIR_IN_USE: {
    status: 500,
    exit: 3,
    hint: 'Stop the platform that runs there, or name another directory with --data or TWOFOLD_DATA_DIR.',
  },
  DATA_DIR_LOCK_FAILED: {
    status: 500,
    exit: 3,
    hint: 'The data directory must be writable and on a file system with locks (flock); network shares often have none.',
  },
  PORT_IN_USE: {
    status: 500,
    exit: 3,
    hint: 'Stop what listens there, or name another port in TWOFOLD_PORT, or `port` in the options of the configuration.',
  },
  ADDRESS_UNUSABLE: {
    status: 500,
    exit: 2,
    hint: 'Name an address of this machine in TWOFOLD_HOST, or `host` in the options of the configuration: 127.0.0.1, or 0.0.0.0 for all it has.',
  },
  CHILD_FAILED: { status: 500, exit: 1, hint: 'The log file named holds what the process last said.' },
  ORPHAN_ALIVE: { status: 500, exit: 3, hint: 'End the process named, then start again.' },

  // ClickHouse
  CLICKHOUSE_UNAVAILABLE: {
    status: 503,
    exit: 1,
    hint: 'Is ClickHouse running, and does CLICKHOUSE_URL name it? `twofold status` tells.',
  },
  CLICKHOUSE_TOO_OLD: {
    status: 500,
    exit: 2,
    hint: 'Upgrade the server, or leave CLICKHOUSE_URL empty for the embedded one.',
  },
  CLICKHOUSE_QUERY_FAILED: {
    status: 500,
    exit: 1,
    hint: "The message is ClickHouse's own; details.type names its kind.",
  },
  QUERY_TIMEOUT: {
    status: 504,
    exit: 1,
    hint: 'Ask for less: a shorter time range, a coarser grain or fewer dimensions.',
  },
  QUERY_CANCELLED: { status: 499, exit: 1, hint: 'The caller went away or cancelled; ask again.' },
  EMBEDDED_CLICKHOUSE_UNSUPPORTED: {
    status: 500,
    exit: 3,
    hint: 'The embedded ClickHouse runs on Linux (glibc) and macOS, x64 and arm64. Elsewhere set CLICKHOUSE_URL to a server.',
  },
  EMBEDDED_CLICKHOUSE_FAILED: {
    status: 500,
    exit: 1,
    hint: 'The log files are in the folder `clickhouse` of the data directory.',
  },

  // Serving: questions
  QUERY_INVALID: { status: 400, exit: 2, hint: 'docs/http-api.md describes what a query takes.' },
  VIEW_UNKNOWN: { status: 404, exit: 2, hint: 'GET /v1/views lists the views.' },
  STREAM_UNKNOWN: { status: 404, exit: 2, hint: 'The streams are those that the configuration declares.' },
  MEASURE_UNKNOWN: { status: 400, exit: 2, hint: 'GET /v1/views lists the measures of each view.' },
  DIMENSION_UNKNOWN: { status: 400, exit: 2, hint: 'GET /v1/views lists the dimensions of each view.' },
  OPERATOR_UNKNOWN: { status: 400, exit: 2, hint: 'docs/http-api.md lists the filter operators.' },
  FILTER_INVALID: { status: 400, exit: 2, hint: 'GET /v1/views tells the type of each dimension.' },
  ORDER_UNKNOWN: {
    status: 400,
    exit: 2,
    hint: 'Order by what is asked for: a measure, a dimension, or `time` where there is a grain.',
  },
  GRAIN_UNKNOWN: {
    status: 400,
    exit: 2,
    hint: 'Grains are second, minute, hour, day, week, month, quarter and year, or widths such as "15 minutes".',
  },
  GRAIN_UNEVEN: {
    status: 400,
    exit: 2,
    hint: 'Widths such as "15 minutes" or "6 hours" divide the next larger unit evenly.',
  },
  GRAIN_TOO_FINE: { status: 400, exit: 2, hint: "Ask for a grain that the view's own grain divides." },
  TIME_INVALID: {
    status: 400,
    exit: 2,
    hint: 'Write 2026-01-31T08:00:00Z, a date, or a local time without a zone, which is read in `timeZone`.',
  },
  TIME_RANGE_EMPTY: { status: 400, exit: 2, hint: 'A range holds `from` and ends before `to`.' },
  TIME_ZONE_UNKNOWN: { status: 400, exit: 2, hint: 'Use an IANA name such as Europe/Berlin, or UTC.' },
  RANGE_OFF_GRAIN: {
    status: 400,
    exit: 2,
    hint: "Begin and end the range where buckets of the view's grain begin in UTC.",
  },
  TIME_ZONE_OFF_GRAIN: {
    status: 400,
    exit: 2,
    hint: 'Ask for a range without such times, leave out `timeZone` or `grain`, or declare the view with a finer grain.',
  },

  // Serving: answers
  RESULT_TOO_LARGE: {
    status: 422,
    exit: 2,
    hint: 'Set `limit` and `offset`, filter, or ask for a coarser grain or fewer dimensions.',
  },
  MEASURE_OVERFLOW: {
    status: 422,
    exit: 2,
    hint: 'Ask for a shorter time range or more dimensions, or declare the measure over smaller numbers.',
  },
  NOT_READY: {
    status: 503,
    exit: 1,
    hint: 'The view has no tables yet: start the speed layer, then ask again.',
  },
  ANSWER_INCOMPLETE: {
    status: 503,
    exit: 4,
    hint: '`twofold verify` finds what is missing, and names the command that repairs it.',
  },
  ANSWER_WENT_BACK: {
    status: 503,
    exit: 4,
    hint: 'ClickHouse answered from older data than before: was it restored, or does a replica lag behind?',
  },
  GENERATION_COLLECTED: { status: 503, exit: 1, hint: 'Ask again.' },

  // HTTP
  ENCODING_UNSUPPORTED: { status: 415, exit: 2, hint: 'Compress the body with gzip, or not at all.' },
  REQUEST_INVALID: { status: 400, exit: 2, hint: 'GET /v1/openapi.json describes what each route takes.' },
  ROUTE_UNKNOWN: { status: 404, exit: 2, hint: 'GET /v1/openapi.json lists the routes.' },
  URL_MALFORMED: { status: 400, exit: 2, hint: 'Percent-encode what is not a letter or digit.' },
  HEADERS_TOO_LARGE: {
    status: 431,
    exit: 2,
    hint: 'Send fewer and shorter headers; a long question goes into the body of a POST, which may be 1 MiB.',
  },
  REQUEST_TOO_SLOW: { status: 408, exit: 1, hint: 'Send less in one request, or over a faster line.' },
  BODY_INVALID: { status: 400, exit: 2, hint: 'Send JSON in UTF-8, in the form that the route takes.' },
  BODY_TOO_LARGE: { status: 413, exit: 2, hint: 'Send less in one request.' },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    exit: 2,
    hint: 'Set the content-type header to one that the route takes, for example application/json.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    exit: 2,
    hint: 'Accept application/json, application/x-ndjson or text/csv.',
  },
  INTERNAL: { status: 500, exit: 1, hint: 'The log of the server holds the cause.' },
  // Decoding
  SCHEMA_INVALID: { status: 500, exit: 2, hint: 'docs/decoder.md says what a column may be.' },

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
  PARTITION_NOT_FOUND: {
    status: 500,
    exit: 1,
    hint: 'Name a partition that the topic has, or none: then the key decides.',
  },
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
    hint: 'Records were deleted before they were read, or the log was cut. What was deleted and is not archived, `twofold repair accept-loss` declares lost, and nothing else does.',
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
    exit: 3,
    hint: 'Stop the other program, or name another port in TWOFOLD_KAFKA_PORT, or `kafkaPort` in the options of the configuration; a Kafka that runs there is used with KAFKA_BROKERS.',
  },
  KAFKA_START_FAILED: { status: 500, exit: 1, hint: 'The broker’s log names the cause.' },

  // Ingest
  INGEST_OVERLOADED: {
    status: 503,
    exit: 1,
    hint: 'Kafka is slower than what comes in: send again a little later.',
  },
  FILE_UNREADABLE: { status: 500, exit: 2, hint: 'Check the path, the rights and the format of the file.' },
  FILE_OPTION_INVALID: {
    status: 500,
    exit: 2,
    hint: 'See `twofold ingest-file --help` and docs/ingest.md; --dry-run shows how a file would be read.',
  },
  FILE_FORMAT_UNKNOWN: {
    status: 500,
    exit: 2,
    hint: 'Say what it is with --format. Files are recognised by their ending: .csv, .tsv, .txt, .ndjson, .jsonl, .json, .geojson (each also .gz or .zip) or .parquet.',
  },
  IMPORT_DIALECT_CHANGED: {
    status: 500,
    exit: 2,
    hint: 'Give the options of the first run again, or import without --resume: then every row is produced anew.',
  },
  IMPORT_POSITION_LOST: {
    status: 500,
    exit: 1,
    hint: 'Import the rows that are missing from a file of their own, or all of them without --resume.',
  },
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
