import { acquireInstanceLock } from '../../../core/io/process/instance-lock.ts'
import { TwofoldError } from '../../../core/model/errors.ts'

/** Takes the lock of the folder given and holds it until it is killed, or says why it could not. */
try {
  await acquireInstanceLock(process.argv[2] ?? '', 'platform')
  console.log(`locked by ${process.pid};`)
} catch (error) {
  console.log(`refused: ${error instanceof TwofoldError ? error.code : error};`)
}
setInterval(() => {}, 60_000)
