import type { KafkaConnection, KafkaDriver } from './driver.ts'
import { openKafkajsDriver } from './kafkajs-driver.ts'
import { openRdkafkaDriver } from './rdkafka-driver.ts'

/**
 * Opens a driver. Connects to nothing yet: a cluster that cannot be reached shows on first use.
 *
 * @throws DRIVER_NOT_INSTALLED where the optional package of `node-rdkafka` is missing
 * @throws OPTION_INVALID where a broker is not named as host:port
 */
export async function openKafkaDriver(
  name: KafkaDriver['name'],
  connection: KafkaConnection,
): Promise<KafkaDriver> {
  return name === 'kafkajs' ? openKafkajsDriver(connection) : openRdkafkaDriver(connection)
}
