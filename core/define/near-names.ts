import { distance } from 'fastest-levenshtein'

const MOST_NAMES = 3

/** The names that someone who wrote `name` may have meant, nearest first, at most three. */
export function nearNames(name: string, candidates: Iterable<string>): string[] {
  const written = name.toLowerCase()
  // A third of the letters; names of three or less have neighbours everywhere.
  const most = written.length <= 3 ? 0 : Math.floor(written.length / 3)
  return [...candidates]
    .map(candidate => ({ candidate, edits: distance(written, candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, MOST_NAMES)
    .map(({ candidate }) => candidate)
}
