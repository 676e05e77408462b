/**
 * Every error Twofold raises on purpose. The code is stable; `status` is the HTTP status where one is sent;
 * `exit` the exit code of the command line (1 by default); `hint` says what to do.
 */
export const ERRORS = {
  // Definition and configuration
  CONFIG_NOT_FOUND: { status: 500, exit: 2, hint: 'Pass --config PATH, or make a project with `twofold init`.' },
  CONFIG_INVALID: { status: 500, exit: 2, hint: 'Mend the configuration at the place named.' },
  OPTION_INVALID: { status: 500, exit: 2, hint: 'See `twofold --help` and docs/configuration.md for what it takes.' },
  EXPRESSION_INVALID: { status: 500, exit: 2, hint: 'Expressions are DuckDB SQL over the columns of the stream.' },
  FUNCTION_NOT_ALLOWED: {
    status: 500,
    exit: 2,
    hint: 'Only deterministic functions may stand in a definition; docs/definition.md lists them.',
  },

  // Decoding
  SCHEMA_INVALID: { status: 500, exit: 2, hint: 'docs/decoder.md says what a column may be.' },
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

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; hint?: string; cause?: unknown } = {}) {
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
