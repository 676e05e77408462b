import type rdkafka from 'node-rdkafka'
import { TwofoldError } from '../../model/errors.ts'
import type { KafkaConnection } from './driver.ts'

export type RdkafkaModule = typeof rdkafka

/**
 * The optional package node-rdkafka.
 *
 * @throws DRIVER_NOT_INSTALLED where it, or the native part it builds on installation, is missing
 */
export async function loadRdkafka(): Promise<RdkafkaModule> {
  try {
    return ((await import('node-rdkafka')) as unknown as { default: RdkafkaModule }).default
  } catch (cause) {
    const message =
      'The Kafka driver node-rdkafka was asked for, but its package is not installed or not built.'
    throw new TwofoldError('DRIVER_NOT_INSTALLED', message, { cause })
  }
}

/** librdkafka's names for how to reach the cluster. */
export function rdkafkaConnection(connection: KafkaConnection): Record<string, string> {
  const { brokers, clientId, ssl, sasl } = connection
  const settings = {
    'metadata.broker.list': brokers.join(','),
    'client.id': clientId,
    'security.protocol': `${sasl === undefined ? '' : 'sasl_'}${ssl ? 'ssl' : 'plaintext'}`,
  }
  if (sasl === undefined) return settings
  const { mechanism, username, password } = sasl
  const mechanisms = mechanism.toUpperCase()
  return { ...settings, 'sasl.mechanisms': mechanisms, 'sasl.username': username, 'sasl.password': password }
}
