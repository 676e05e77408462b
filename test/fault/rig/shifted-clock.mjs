// Loaded by `--import` into a process whose wall clock a test shifts: `CLOCK_MS` lists by how much it is wrong at the
// start and by how much it jumps at each SIGUSR2. The monotonic clock stays as it is: those of machines do, too.

let [aheadMs, ...jumpsMs] = process.env.CLOCK_MS.split(',').map(Number)

process.on('SIGUSR2', () => {
  aheadMs += jumpsMs.shift() ?? 0
})

const TrueDate = Date

globalThis.Date = class ShiftedDate extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(TrueDate.now() + aheadMs)
    else super(...given)
  }

  static now() {
    return TrueDate.now() + aheadMs
  }
}
