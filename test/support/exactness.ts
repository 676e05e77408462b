import { expect } from 'vitest'
import { type VerifyReport, verifyPlatform } from '../../batch-layer/commands.ts'
import { countInOverall } from './orders.ts'
import type { Platform } from './platform.ts'

/** Every view's answer is that of plain SQL over the records number 0 up to `orders`, and all segments are whole. */
export async function expectExact({ context }: Platform, orders: number): Promise<VerifyReport> {
  const report = await verifyPlatform(context, () => {})
  expect(report.findings).toEqual([])
  const overall = report.views.find(({ view }) => view === 'overall')
  expect(overall?.events).toBe(countInOverall(orders))
  return report
}
