import { DataType, load, open } from 'ffi-rs'
import { endWithParent, receiveSettings } from '../../core/io/process/lifeline.ts'

/** What the parent tells this process, by the lifeline. */
export interface ServerSettings {
  /** The ClickHouse library. */
  readonly libraryPath: string
  /** The folder of the data. */
  readonly path: string
  readonly configFile: string
  readonly port: number
}

/**
 * The program of this process: the ClickHouse library run as a server.
 *
 * The library's one exported entry point that takes a command line is `clickhouse local`, and a local session
 * can open the server's own HTTP listener. The session then lasts as long as its next statement, which reads
 * standard input: it waits without using the processor, and ends when the parent closes the pipe or dies. What
 * follows is the clean stop: no new connections, running queries cancelled with an answer, tables shut down.
 */
const SERVER_SCRIPT = [
  'SYSTEM START LISTEN HTTP',
  "SELECT 1 FROM file('-', 'LineAsString') FORMAT Null",
  'SYSTEM STOP LISTEN HTTP',
  "KILL QUERY WHERE user != '' FORMAT Null",
].join('; ')

/** ClickHouse waits up to 5 seconds for clients that keep an idle connection open. */
const STOP_TAKES_AT_MOST_MS = 10_000

const settings = await receiveSettings<ServerSettings>()
const server = runServer(settings)
let asked = false
endWithParent({
  onEnd: () => {
    asked = true
    return server
  },
  withinMs: STOP_TAKES_AT_MOST_MS,
})
await server
// The library reports failures on standard error and still returns; unasked, every return is one.
if (!asked) process.exitCode = 1
process.exit()

/** Runs until standard input ends, or the server fails. The library works in threads of its own. */
async function runServer({ libraryPath, path, configFile, port }: ServerSettings): Promise<void> {
  const commandLine = [
    'clickhouse',
    `--path=${path}`,
    `--config-file=${configFile}`,
    `--http_port=${port}`,
    '--listen_host=127.0.0.1',
    '--log-level=error',
    '--query',
    SERVER_SCRIPT,
  ]
  open({ library: 'clickhouse', path: libraryPath })
  await load({
    library: 'clickhouse',
    funcName: 'chdb_query_cmdline',
    retType: DataType.External,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [commandLine.length, commandLine],
    runInNewThread: true,
  })
}
