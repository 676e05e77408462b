/** What the exit code of a command means; errors carry theirs in the registry of core/model/errors.ts. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'failed; it may be tried again',
  2: 'the command line, the question, the configuration or a setting is wrong: trying again does not help',
  3: 'something is in the way: a port, another platform, a job at work, nothing that runs',
  4: 'data is missing, damaged, differs or was rejected; the output tells which',
}

/** For an answer that is not an error, and not good either. */
export const EXIT_DATA_AT_FAULT = 4
