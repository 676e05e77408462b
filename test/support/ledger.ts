import type { QuarantineReason } from '../../core/model/verdict.ts'

/** What a producer knows of each text it sent, however often it sent it. */
export class Ledger {
  /** By text: how often it was acknowledged, and how often nobody said. */
  readonly #counts = new Map<string, { acknowledged: number; unknown: number }>()

  /** By text that is no event: why not. */
  readonly #reasons = new Map<string, QuarantineReason>()

  acknowledge(values: readonly Uint8Array[]): void {
    for (const value of values) this.#of(value).acknowledged += 1
  }

  /** Neither acknowledged nor refused: each may stand in Kafka or not. */
  leaveOpen(values: readonly Uint8Array[]): void {
    for (const value of values) this.#of(value).unknown += 1
  }

  /** Tells of a text that it is no event. */
  spoil(value: Uint8Array, reason: QuarantineReason): void {
    this.#reasons.set(textOf(value), reason)
  }

  /** Why it is no event; `undefined` where it is one. */
  reasonOf(value: Uint8Array): QuarantineReason | undefined {
    return this.#reasons.get(textOf(value))
  }

  get acknowledged(): number {
    return [...this.#counts.values()].reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  /** What cannot be true of a log with these values: something acknowledged is missing, something stands too often. */
  contradictions(values: readonly Uint8Array[]): string[] {
    const found = new Map<string, number>()
    for (const value of values) found.set(textOf(value), (found.get(textOf(value)) ?? 0) + 1)
    const texts = new Set([...this.#counts.keys(), ...found.keys()])
    return [...texts].flatMap(text => {
      const { acknowledged, unknown } = this.#counts.get(text) ?? { acknowledged: 0, unknown: 0 }
      const count = found.get(text) ?? 0
      if (count >= acknowledged && count <= acknowledged + unknown) return []
      return [`${count} times in the log, acknowledged ${acknowledged}, open ${unknown}: ${text}`]
    })
  }

  #of(value: Uint8Array) {
    const text = textOf(value)
    const entry = this.#counts.get(text) ?? { acknowledged: 0, unknown: 0 }
    this.#counts.set(text, entry)
    return entry
  }
}

/** A byte to a character, so that no two values become one, whatever is in them. */
function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
}
