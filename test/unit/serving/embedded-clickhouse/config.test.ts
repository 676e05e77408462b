import { expect, test } from 'vitest'
import { serverConfig, usersConfig } from '../../../../serving/embedded-clickhouse/config.ts'

test('a path keeps its special characters', () => {
  const config = serverConfig({
    usersFile: '/data/R&D <1>/users.xml',
    logFile: '/data/log',
    instanceToken: 'token',
    memoryBytes: 1,
  })
  expect(config).toContain('<users_config>/data/R&amp;D &lt;1&gt;/users.xml</users_config>')
})

test('each user has a profile and grants of its own', () => {
  const reader = {
    name: 'reader',
    passwordSha256: 'abc',
    grants: ['GRANT SELECT ON a.v', 'GRANT SELECT ON a.w'],
    settings: { readonly: 2 },
    fixed: ['readonly'],
  }
  const config = usersConfig([reader])
  expect(config).toContain(`    <of_reader>
      <compile_aggregate_expressions>0</compile_aggregate_expressions>
      <readonly>2</readonly>
      <constraints>
        <readonly>
          <const>
          </const>
        </readonly>
      </constraints>
    </of_reader>
`)
  expect(config).toContain(`    <reader>
      <password_sha256_hex>abc</password_sha256_hex>
      <networks>
        <ip>127.0.0.1</ip>
      </networks>
      <profile>of_reader</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SELECT ON a.v</query>
        <query>GRANT SELECT ON a.w</query>
      </grants>
    </reader>
`)
})
