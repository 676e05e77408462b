/** Zero bytes that follow the text: no read begins behind its end, and none through the view is wider. */
const PADDING_BYTES = 16

/**
 * The text being read, copied to where reading is cheap: always the same buffer, with a view for four bytes at a
 * time, and zeros behind the end. No JSON contains a zero byte, so it ends every token and no loop has to look for
 * the end.
 */
export class EventText {
  bytes: Uint8Array
  view: DataView
  /** The position behind the last byte of the text. */
  end = 0

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes + PADDING_BYTES)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes `text` the text being read. Larger texts than before make the buffer grow. */
  load(text: Uint8Array): void {
    const end = text.length
    if (end + PADDING_BYTES > this.bytes.length) {
      this.bytes = new Uint8Array(2 * end + PADDING_BYTES)
      this.view = new DataView(this.bytes.buffer)
    }
    this.bytes.set(text)
    this.view.setFloat64(end, 0)
    this.view.setFloat64(end + 8, 0)
    this.end = end
  }
}

/** A text of its own buffer. */
export function textOf(bytes: Uint8Array): EventText {
  const text = new EventText(bytes.length)
  text.load(bytes)
  return text
}
