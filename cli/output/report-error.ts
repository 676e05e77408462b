import { CommanderError } from 'commander'
import { TwofoldError } from '../../core/model/errors.ts'

/**
 * Writes an error to standard error, as `error CODE: message` and a hint on a terminal, as JSON elsewhere, and
 * answers with the exit code it stands for.
 */
export function reportError(error: unknown, json: boolean): number {
  // `--help` and `--version` leave Commander as errors, too; they have printed what was asked for.
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  // No command was named; the help that was printed says it all.
  if (error instanceof CommanderError && error.code === 'commander.help') return 2
  const known = asTwofoldError(error)
  const { code, message, hint, details } = known
  if (json) {
    console.error(JSON.stringify({ error: { code, message, hint, details } }))
    return known.exitCode
  }
  console.error(`error ${code}: ${message}`)
  if (hint !== '') console.error(`hint: ${hint}`)
  if (code === 'INTERNAL' && error instanceof Error) console.error(error.stack)
  return known.exitCode
}

function asTwofoldError(error: unknown): TwofoldError {
  if (error instanceof TwofoldError) return error
  if (error instanceof CommanderError) {
    const [message, ...suggestion] = error.message.replace(/^error: /, '').split('\n')
    const hint = suggestion.join(' ').replace(/^\((.*)\)$/, '$1')
    return new TwofoldError('USAGE_INVALID', message!, hint === '' ? {} : { hint })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new TwofoldError('INTERNAL', message, { cause: error })
}
