import { expect, it } from 'vitest'
import type { ClickHouse } from '../../../../../core/io/clickhouse/client.ts'
import { assertServerVersion, assertVersion } from '../../../../../core/io/clickhouse/version.ts'

it.each(['25.8', '25.8.1.1', '25.12.3.4', '26.1.2.3', '26.7.2.1', '100.1', '25.8.16.10002.altinitystable'])(
  'ClickHouse %s is new enough',
  version => expect(() => assertVersion(version)).not.toThrow(),
)

it.each(['25.7.9.9', '24.12.1', '9.9', '23.8.16.42', '25', 'unknown', ''])(
  'ClickHouse "%s" is refused, with what was found and what is needed',
  version =>
    expect(() => assertVersion(version)).toThrow(
      expect.objectContaining({
        code: 'CLICKHOUSE_TOO_OLD',
        message: `The ClickHouse server has version ${version}; Twofold needs 25.8 or newer.`,
        details: { version, oldest: '25.8' },
      }),
    ),
)

it('the server is asked for its version', async () => {
  const server = (version: string) => ({ rows: async () => [{ version }] }) as unknown as ClickHouse
  await expect(assertServerVersion(server('25.8.1.1'))).resolves.toBeUndefined()
  await expect(assertServerVersion(server('24.3.1.1'))).rejects.toMatchObject({ code: 'CLICKHOUSE_TOO_OLD' })
})
