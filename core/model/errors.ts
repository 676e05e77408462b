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
  // Stores in ClickHouse
  FORMAT_UNSUPPORTED: {
    status: 500,
    exit: 2,
    hint: 'Use the version of Twofold that wrote this data, or begin afresh with `twofold reset`.',
  },
  INSERT_VANISHED: { status: 503, exit: 1, hint: 'Look into the ClickHouse server log; the insert is safe to repeat.' },
  PUBLICATION_SUPERSEDED: { status: 409, exit: 3, hint: 'Run the batch job again; it plans on the newest generation.' },

  // HTTP
  BODY_INVALID: { status: 400, exit: 1, hint: 'Send one JSON object, a JSON array of objects, or NDJSON.' },
  BODY_TOO_LARGE: { status: 413, exit: 1, hint: 'Send less in one request.' },
  ENCODING_UNSUPPORTED: { status: 415, exit: 1, hint: 'Compress the body with gzip, or not at all.' },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    exit: 1,
    hint: 'Set the content-type header to one of the types that the route takes, for example application/json.',
  },
  REQUEST_INVALID: { status: 400, exit: 1, hint: 'GET /v1/openapi.json describes what each route takes.' },
  ROUTE_UNKNOWN: { status: 404, exit: 1, hint: 'GET /v1/openapi.json lists the routes.' },
  INTERNAL: { status: 500, exit: 1, hint: 'The log of the server names the cause.' },

  // Ingest
  STREAM_UNKNOWN: { status: 404, exit: 2, hint: 'Streams are named by their topic in the configuration.' },
  INGEST_OVERLOADED: { status: 503, exit: 1, hint: 'Kafka is slower than what comes in: send again a little later.' },
  FILE_UNREADABLE: { status: 500, exit: 2, hint: 'Check the path, the rights and the format of the file.' },
  FILE_FORMAT_UNKNOWN: {
    status: 500,
    exit: 2,
    hint: 'Files are recognised by their ending: .ndjson, .jsonl, .csv, .tsv (each also .gz) or .parquet.',
  },
  IMPORT_POSITION_LOST: {
    status: 500,
    exit: 1,
    hint: 'Import the rows that are missing by hand with --start-row, or all of them without --resume.',
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
