import { join } from 'node:path'
import { ROOT } from './twofold-home.ts'

/** The text of a configuration: the shop example with small blocks and a busy batch layer. */
export function shopConfig({ everyMs = 3_000 }: { readonly everyMs?: number } = {}): string {
  return `
import example from ${JSON.stringify(join(ROOT, 'examples/shop/twofold.config.ts'))}

export default {
  ...example,
  streams: [{ ...example.streams[0], blockSize: 1024 }],
  batch: { everyMs: ${everyMs}, full: undefined },
  options: { archiveFlushMs: 500 },
}
`
}

const CLICK: Readonly<Record<string, string>> = {
  event_id: '"0d9b3ea8-9c63-4c0c-a7de-4d4b1f0f6a11"',
  ts: '"2026-01-01T12:00:00Z"',
  user_id: '42',
  action: '"purchase"',
  country: '"DE"',
  url: '"https://shop.example/shoes"',
  amount: '12.50',
  device: '{"os":"linux"}',
  load_ms: '1.5',
}

/** A purchase of the shop as JSON text, with other members where they are given, as JSON text too. */
export function goodClick(members: Readonly<Record<string, string>> = {}): string {
  const all = new Map([...Object.entries(CLICK), ...Object.entries(members)])
  return `{${[...all].map(([name, value]) => `"${name}":${value}`).join(',')}}`
}
