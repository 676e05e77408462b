import { answerText } from '../output/answer-text.ts'
import { getText } from '../output/api-client.ts'
import { outputMode } from '../output/mode.ts'
import { apiUrlOf } from '../platform/api-url.ts'
import type { GlobalFlags } from '../project/workspace.ts'

/** Flags of the same names and forms as the parameters of `GET /v1/views/{name}`, which checks them. */
export interface QueryFlags extends GlobalFlags {
  readonly api?: string
  readonly measures?: string
  readonly dimensions?: string
  readonly from?: string
  readonly to?: string
  readonly grain?: string
  readonly timeZone?: string
  readonly weekStart?: string
  readonly fiscalYearStart?: string
  readonly fill?: string
  readonly filter?: readonly string[]
  readonly having?: readonly string[]
  readonly order?: string
  readonly limit?: string
  readonly offset?: string
}

const PASSED_ON = [
  'measures',
  'dimensions',
  'from',
  'to',
  'grain',
  'timeZone',
  'weekStart',
  'fiscalYearStart',
  'fill',
  'order',
  'limit',
  'offset',
] as const

/** Asks one view: a table on a terminal, the API's very answer elsewhere, with every digit. */
export async function query(view: string, flags: QueryFlags): Promise<void> {
  const parameters = new URLSearchParams()
  for (const name of PASSED_ON) {
    const value = flags[name]
    if (value !== undefined) parameters.append(name, value)
  }
  for (const filter of flags.filter ?? []) parameters.append('filter', filter)
  for (const having of flags.having ?? []) parameters.append('having', having)
  const path = `/v1/views/${encodeURIComponent(view)}?${parameters}`
  const body = await getText(await apiUrlOf(flags), path)
  console.log(outputMode(flags) === 'json' ? body : answerText(body))
}
