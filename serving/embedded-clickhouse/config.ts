import { EXACT_AGGREGATES } from '../../core/io/clickhouse/settings.ts'

/** What the server is given, in the two XML files it reads once, at its start. */
export interface ServerConfig {
  readonly usersFile: string
  readonly logFile: string
  /** A value that only this start of this server answers with, as the macro `twofold_instance`. */
  readonly instanceToken: string
  readonly memoryBytes: number
}

/** A user of the embedded server. Users cannot be made by SQL there: these are all there are. */
export interface ClickHouseUser {
  readonly name: string
  readonly passwordSha256: string
  /** Whole GRANT statements without `TO`: `GRANT SELECT ON twofold.sales`. */
  readonly grants: readonly string[]
  /** Settings of the user's sessions: limits, `readonly`. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Settings of those that the user cannot change. */
  readonly fixed?: readonly string[]
}

const MERGE_THREADS = 2

/** Sized for a machine that runs the whole platform on a few cores, and writes no tables of logs of its own. */
export function serverConfig(config: ServerConfig): string {
  return document({
    users_config: config.usersFile,
    logger: { log: config.logFile, size: '10M', count: 2 },
    // Only what a definition says may decide how a time is read.
    timezone: 'UTC',
    macros: { twofold_instance: config.instanceToken },
    max_server_memory_usage: config.memoryBytes,
    mark_cache_size: 128 * 1024 * 1024,
    uncompressed_cache_size: 0,
    background_pool_size: MERGE_THREADS,
    background_schedule_pool_size: 8,
    background_common_pool_size: 2,
    background_fetches_pool_size: 1,
    background_move_pool_size: 1,
    // Twofold drops what a collection has proved unreadable, whatever its size.
    max_table_size_to_drop: 0,
    max_partition_size_to_drop: 0,
    // The defaults ask for more free merge threads than this pool has: a mutation would wait until it is idle.
    merge_tree: {
      number_of_free_entries_in_pool_to_execute_mutation: 1,
      number_of_free_entries_in_pool_to_execute_optimize_entire_partition: 1,
      number_of_free_entries_in_pool_to_lower_max_size_of_merge: 1,
    },
  })
}

/**
 * The users file. The server runs inside a session of the user `default` without a password, which it needs to
 * start: that user may do nothing but open and close the listener, and its one session is taken, so nobody
 * else gets in by that name.
 */
export function usersConfig(users: readonly ClickHouseUser[]): string {
  return document({
    profiles: {
      default: {},
      inner: { max_sessions_for_user: 1 },
      ...Object.fromEntries(users.map(user => [profileName(user), profile(user)])),
    },
    quotas: { default: {} },
    users: {
      default: {
        password: '',
        networks: { ip: '127.0.0.1' },
        profile: 'inner',
        quota: 'default',
        grants: { query: INNER_GRANTS },
      },
      ...Object.fromEntries(users.map(user => [user.name, account(user)])),
    },
  })
}

/** What `SERVER_SCRIPT` in child.ts does, and no more. */
const INNER_GRANTS = [
  'GRANT SYSTEM LISTEN, FILE, CREATE TEMPORARY TABLE, KILL QUERY ON *.*',
  'GRANT SELECT ON system.processes',
]

/**
 * What the layers need: all of their own tables, views that run with their rights, and the means to see and
 * stop queries. No SYSTEM SHUTDOWN (it signals the whole process group), no files, no other hosts.
 */
export const LAYER_GRANTS = [
  'GRANT SHOW, SELECT, INSERT, ALTER, CREATE, DROP, TRUNCATE, OPTIMIZE, KILL QUERY ON *.*',
  'GRANT SYSTEM MERGES, SYSTEM FLUSH ON *.*',
  'GRANT TABLE ENGINE ON *',
  'GRANT SET DEFINER ON *',
]

function account(user: ClickHouseUser): Tree {
  return {
    password_sha256_hex: user.passwordSha256,
    networks: { ip: '127.0.0.1' },
    profile: profileName(user),
    quota: 'default',
    grants: { query: user.grants },
  }
}

function profile({ settings = {}, fixed = [] }: ClickHouseUser): Tree {
  const constraints = Object.fromEntries(fixed.map(name => [name, { const: {} }]))
  return { ...EXACT_AGGREGATES, ...settings, ...(fixed.length > 0 && { constraints }) }
}

function profileName(user: ClickHouseUser): string {
  return `of_${user.name}`
}

/** Elements by name; an array repeats its element. */
interface Tree {
  readonly [element: string]: string | number | Tree | readonly string[]
}

function document(tree: Tree): string {
  return `<clickhouse>\n${elements(tree, '  ')}</clickhouse>\n`
}

function elements(tree: Tree, indent: string): string {
  return Object.entries(tree)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map(one => element(name, one, indent)),
    )
    .join('')
}

function element(name: string, value: string | number | Tree, indent: string): string {
  if (typeof value !== 'object') return `${indent}<${name}>${escapeXml(String(value))}</${name}>\n`
  return `${indent}<${name}>\n${elements(value, `${indent}  `)}${indent}</${name}>\n`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
