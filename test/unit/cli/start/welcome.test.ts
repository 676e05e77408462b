import { expect, it } from 'vitest'
import { loadProject } from '../../../../cli/project/load.ts'
import type { Workspace } from '../../../../cli/project/workspace.ts'
import type { Platform } from '../../../../cli/start/platform.ts'
import { welcome } from '../../../../cli/start/welcome.ts'

const platform = {
  apiUrl: 'http://127.0.0.1:8080',
  connections: { kafka: { brokers: ['127.0.0.1:9092'] }, clickhouse: { url: 'http://127.0.0.1:1234' } },
} as unknown as Platform
const example = new URL('../../../../examples/flights/twofold.config.ts', import.meta.url).pathname

it('tells a first question, and how to change the rate of the feed where there is one', async () => {
  const project = await loadProject(example)
  const text = (changed: Partial<typeof project>) =>
    welcome(platform, { project: { ...project, ...changed }, dataDir: '/data' } as unknown as Workspace)
  expect(text({})).toContain("curl 'http://127.0.0.1:8080/v1/views/delays_by_hour?measures=flights")
  expect(text({})).toContain(
    `curl http://127.0.0.1:8080/v1/sample/rate -H 'content-type: application/json' -d '{"perSecond":5000}'`,
  )
  expect(text({ sample: undefined })).not.toContain('/v1/sample')
})
