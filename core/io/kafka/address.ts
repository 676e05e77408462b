import { TwofoldError } from '../../model/errors.ts'

/** Where a broker listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** The brokers of a comma-separated list. @throws OPTION_INVALID naming the one that is not host:port */
export function brokersIn(list: string): string[] {
  const brokers = list
    .split(',')
    .map(broker => broker.trim())
    .filter(broker => broker !== '')
  brokers.forEach(parseAddress)
  return brokers
}

/** `host:port`, or `[v6]:port`. @throws OPTION_INVALID */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]@/]+)\]|([^:@/]+)|([^@/]*:[^@/]*)):(\d+)$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? match?.[3]
  if (host === undefined) throw invalid(text)
  return { host, port: Number(match![4]) }
}

/** Before an @ may stand a password, so the text is not shown then. */
function invalid(text: string): TwofoldError {
  const message = text.includes('@')
    ? 'A Kafka broker is named with an @, and not as host:port.'
    : `The Kafka broker "${text}" is not named as host:port.`
  return new TwofoldError('OPTION_INVALID', message, {
    hint: 'Name brokers in KAFKA_BROKERS as host:port,host:port. User and password are options of their own: KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD.',
  })
}
