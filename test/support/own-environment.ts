/** What would make a developer's own settings part of a test. */
const SETTINGS = /^(TWOFOLD_|KAFKA_|CLICKHOUSE_|VITEST|NODE_OPTIONS|NODE_ENV)/

/** The variables of this process that `twofold` may have in a test. */
export function inheritedEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => !SETTINGS.test(name))
  return Object.fromEntries(inherited) as Record<string, string>
}
