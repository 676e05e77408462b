import { TwofoldError } from '../model/errors.ts'

/** What was to listen where. */
export interface Endpoint {
  /** For the message: 'The HTTP API'. */
  readonly what: string
  readonly host: string
  readonly port: number
}

/** The address is none of this machine's, or none at all: no name, or a name that nobody knows. */
const NOT_OURS = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL', 'EAFNOSUPPORT'])
const NOT_PERMITTED = new Set(['EACCES', 'EPERM'])

/**
 * The error to raise where a server could not listen: PORT_IN_USE, ADDRESS_UNUSABLE with what to change, or the
 * operating system's own where it is neither.
 */
export function listenFailure(cause: unknown, { what, host, port }: Endpoint): unknown {
  const reason = (cause as NodeJS.ErrnoException).code ?? ''
  const message = `${what} cannot listen on ${host}:${port}: ${reason}.`
  const options = { details: { host, port, reason }, cause }
  if (reason === 'EADDRINUSE') return new TwofoldError('PORT_IN_USE', message, options)
  if (NOT_OURS.has(reason)) return new TwofoldError('ADDRESS_UNUSABLE', message, options)
  if (NOT_PERMITTED.has(reason)) {
    const hint =
      'Ports below 1024 are for privileged programs: name another one in TWOFOLD_PORT, and for Kafka in TWOFOLD_KAFKA_PORT.'
    return new TwofoldError('ADDRESS_UNUSABLE', message, { ...options, hint })
  }
  return cause
}
