import type { Status } from '../../serving/status.ts'
import { getText } from '../output/api-client.ts'
import { outputMode, present } from '../output/mode.ts'
import { statusText } from '../output/status-text.ts'
import { apiUrlOf } from '../platform/api-url.ts'
import type { GlobalFlags } from '../project/workspace.ts'

/** Shows how the running platform stands. */
export async function status(flags: GlobalFlags & { readonly api?: string }): Promise<void> {
  const found = JSON.parse(await getText(await apiUrlOf(flags), '/v1/status')) as Status
  present(outputMode(flags), found, statusText)
}
