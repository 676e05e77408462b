import { expect, it } from 'vitest'
import { prepareTables } from '../../../core/io/store/prepare.ts'
import { TABLES_FORMAT } from '../../../core/sql/system-tables.ts'
import { withClickHouse } from '../../support/clickhouse.ts'

const at = withClickHouse()

const formats = () => at.clickHouse.rows(`SELECT value FROM meta WHERE key = 'format'`)
const setFormat = (value: string) =>
  at.clickHouse.command(`ALTER TABLE meta UPDATE value = {value:String} WHERE key = 'format'`, {
    params: { value },
    settings: { mutations_sync: 1 },
  })

it('Tables of version 0.1.0 become of this format, also where several processes start at once', async () => {
  await prepareTables(at.clickHouse, [])
  await setFormat('1')
  await Promise.all([1, 2, 3].map(() => prepareTables(at.clickHouse, [])))
  // One row, and not '1': it is what version 0.1.0 looks at before it refuses the tables by name.
  expect(await formats()).toEqual([{ value: String(TABLES_FORMAT) }])
})

it.each(['99', '0', 'x'])('Tables of format %s are refused, and stay as they are', async format => {
  await prepareTables(at.clickHouse, [])
  await setFormat(format)
  await expect(prepareTables(at.clickHouse, [])).rejects.toMatchObject({
    code: 'FORMAT_UNSUPPORTED',
    message: expect.stringContaining(
      `format ${format}; this version of Twofold uses format ${TABLES_FORMAT}`,
    ),
  })
  expect(await formats()).toEqual([{ value: format }])
})
