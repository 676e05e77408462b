/**
 * Of cases that show the same mechanism, `npm test` plays every `stride`-th, always the same; `npm run test:repair` plays
 * all.
 */
export function bounded<Case>(cases: readonly Case[], stride: number): readonly Case[] {
  return process.env['FAULT_FULL'] === '1' ? cases : cases.filter((_, index) => index % stride === 0)
}
