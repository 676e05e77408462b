/**
 * Lines on standard output, with one status line below them: redrawn on a terminal, elsewhere written as a line of
 * its own when it is due.
 */
export class Screen {
  readonly #isTerminal = process.stdout.isTTY === true
  #status = ''

  constructor() {
    // The terminal may go before we do; that is no reason to leave the rest undone.
    process.stdout.on('error', () => {})
  }

  get isTerminal(): boolean {
    return this.#isTerminal
  }

  line(text: string): void {
    process.stdout.write(this.#isTerminal ? `\r\x1b[K${text}\n${this.#fitted()}` : `${text}\n`)
  }

  status(text: string): void {
    this.#status = text
    process.stdout.write(this.#isTerminal ? `\r\x1b[K${this.#fitted()}` : `${text}\n`)
  }

  /** Takes the status line away. */
  clear(): void {
    this.#status = ''
    if (this.#isTerminal) process.stdout.write('\r\x1b[K')
  }

  /** A line that wraps could not be taken back. */
  #fitted(): string {
    return this.#status.slice(0, (process.stdout.columns || 80) - 1)
  }
}
