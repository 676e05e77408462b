/** How a command answers: for people on a terminal, or as JSON for programs. */
export type OutputMode = 'people' | 'json'

/** JSON where it was asked for, or where standard output is not a terminal. */
export function outputMode(flags: { readonly json?: boolean }): OutputMode {
  return flags.json === true || !process.stdout.isTTY ? 'json' : 'people'
}

/** Prints a command's answer: `value` as JSON, or the text that `forPeople` makes of it. */
export function present<T>(mode: OutputMode, value: T, forPeople: (value: T) => string): void {
  console.log(mode === 'json' ? JSON.stringify(value, null, 2) : forPeople(value))
}
