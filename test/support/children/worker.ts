import { setTimeout as sleep } from 'node:timers/promises'
import { endWithParent, receiveSettings } from '../../../core/io/process/lifeline.ts'

/** Works until its parent ends; `stopTakesMs` is how long it then pretends to need. */
const { greeting, stopTakesMs } = await receiveSettings<{ greeting: string; stopTakesMs: number }>()
endWithParent({
  onEnd: async () => {
    await sleep(stopTakesMs)
    console.log('stopped cleanly')
  },
  withinMs: 4_000,
})
console.log(`${greeting} from ${process.pid}`)
