import type { FixedValues } from '../../model/column-batch.ts'
import type { EventText } from '../event-text.ts'
import type { Column } from './column.ts'

const NO_DATA = new Uint8Array(0)

/**
 * What columns of one width have in common. Values are written through 32-bit words, low word first: typed arrays
 * have the byte order of the machine, and Node.js runs on little-endian ones, as the layout asks for.
 */
export abstract class FixedColumn implements Column {
  readonly #width: FixedValues['width']
  #data: Uint8Array = NO_DATA

  constructor(width: FixedValues['width']) {
    this.#width = width
  }

  begin(rows: number): void {
    // Rounded up to whole words, so that a view of words covers widths 1 and 2 too.
    const data = new Uint8Array((rows * this.#width + 7) & ~7)
    this.#data = data
    this.view(data.buffer)
  }

  grow(rows: number): void {
    const data = new Uint8Array((rows * this.#width + 7) & ~7)
    data.set(this.#data)
    this.#data = data
    this.view(data.buffer)
  }

  /** What is given again is written over. */
  truncate(): void {}

  /** Lays the view through which values are written over a batch's buffer. */
  protected abstract view(buffer: ArrayBuffer): void

  abstract read(text: EventText, at: number, row: number): number

  clear(row: number): void {
    this.#data.fill(0, row * this.#width, (row + 1) * this.#width)
  }

  finish(): FixedValues {
    const data = this.#data
    this.#data = NO_DATA
    this.view(NO_DATA.buffer)
    return { layout: 'fixed', width: this.#width, data }
  }
}
