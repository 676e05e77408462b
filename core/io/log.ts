/** Where a layer tells people what it does: one line a message, with facts for programs. */
export interface Log {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, unknown>>

/** Writes JSON lines `{ time, level, layer, message, … }` to `write`. */
export function jsonLog(layer: string, write: (line: string) => void): Log {
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      write(JSON.stringify({ time: new Date().toISOString(), level, layer, message, ...fields }))
  return { info: line('info'), warn: line('warn'), error: line('error') }
}

/** The facts of an error for a log line: never a secret, as errors hold none. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) }
  const { code, details } = error as { code?: unknown; details?: unknown }
  return {
    error: error.message,
    ...(code === undefined ? {} : { code }),
    ...(details === undefined ? {} : { details }),
  }
}
