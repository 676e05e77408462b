/** A view whose new version waits: its chain has not come as far as the answers of the version that serves. */
export interface HeldView {
  readonly view: string
  /** The version that serves until then. */
  readonly serves: string
  /** The version that is to serve. */
  readonly waits: string
  /** The first partition in which answers would go back, … */
  readonly partition: number
  /** … how far the chain of the new version has come in it, … */
  readonly reached: number
  /** … and how far answers reach. */
  readonly needed: number
}

/** What a held view waits for, as a sentence. */
export function heldText({ view, serves, waits, partition, reached, needed }: HeldView): string {
  return `View ${view}: version ${serves} serves until version ${waits} has come as far; its chain is at offset ${reached} of ${needed} in partition ${partition}.`
}
