import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { OPTIONS } from '../core/io/options.ts'
import { TwofoldError } from '../core/model/errors.ts'
import { EXIT_CODES } from './exit-codes.ts'
import type { GlobalFlags } from './project/workspace.ts'
import { VERSION } from './version.ts'

/**
 * The commands and their flags. What a command does is loaded only when it runs: that keeps `--help` quick, and a
 * layer that is not asked for out of the process.
 */
export function createProgram(): Command {
  const program = new Command('twofold')
    .description(
      'Exact and fresh analytics over Kafka: a batch and a speed layer that meet at Kafka offsets.',
    )
    .version(VERSION)
    .option('--config <path>', 'configuration (default: ./twofold.config.ts)')
    .option('--data <dir>', 'data directory (default: .twofold beside the configuration)')
    .option('--json', 'answer in JSON; so it is wherever standard output is not a terminal')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', exitCodesText())
    .exitOverride()
    // Errors are reported in one place, in one form.
    .configureOutput({ outputError: () => {} })
  addStart(program)
  addProject(program)
  addData(program)
  addQuestions(program)
  addBatch(program)
  addRepair(program)
  addRun(program)
  return program
}

function addStart(program: Command): void {
  const start = program
    .command('start')
    .description('run everything: Kafka, ClickHouse and all layers, until Ctrl-C')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/start.ts')).start(globals(command))
    })
  example(
    start,
    'twofold start',
    'TWOFOLD_PORT=8081 twofold start --config shop/twofold.config.ts --data /var/lib/shop',
  )
  const reset = program
    .command('reset')
    .description('remove the data directory: all events and results')
    .option('--yes', 'do not ask')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/reset.ts')).reset(globals(command))
    })
  example(reset, 'twofold reset --yes')
}

function addProject(program: Command): void {
  const init = program
    .command('init')
    .description('write a small project to begin with; nothing is overwritten')
    .argument('[dir]', 'its folder', '.')
    .action(async (folder: string, _flags, command: Command) => {
      await (await import('./commands/init.ts')).init(folder, globals(command))
    })
  example(init, 'twofold init shop')
  const check = program
    .command('check')
    .description('validate the configuration and show the SQL it is compiled to; needs no server')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/check.ts')).check(globals(command))
    })
  example(check, 'twofold check', 'twofold check --json | jq -r .views[0].sql.merge')
}

function addData(program: Command): void {
  const ingest = program
    .command('ingest-file')
    .description(
      'import a file of CSV, NDJSON, JSON or Parquet into a stream; what is not set below is found in it',
    )
    .argument('<stream>', 'name of the stream')
    .argument('<path>', 'the file')
    .option('--rate <n>', 'events a second at most', positive)
    .option('--resume', 'go on where an earlier import of this file ended; nothing is imported twice')
    .option(
      '--dry-run',
      'show how the file is read, its first events and the first rows refused; produce nothing',
    )
  addFileOptions(ingest)
  ingest
    .option(
      '--map <name=column>',
      'a column of the file and that of the stream; may be given several times',
      append,
    )
    .action(async (stream: string, path: string, _flags, command: Command) => {
      await (await import('./commands/ingest-file.ts')).ingestFile(stream, path, globals(command))
    })
  example(
    ingest,
    'twofold ingest-file clicks clicks.ndjson',
    'twofold ingest-file clicks big.parquet --resume',
    'twofold ingest-file orders export.csv --dry-run --delimiter ";" --decimal , --map "Order Date=ts"',
  )
}

/** How a file is read, where that is not to be found out. */
function addFileOptions(command: Command): void {
  command
    .addOption(
      new Option('--format <format>', 'whatever its ending').choices(['csv', 'ndjson', 'json', 'parquet']),
    )
    .option('--entry <name>', 'zip: the file inside it')
    .option('--encoding <name>', 'of text: utf-8, utf-16le, windows-1252, …')
    .option('--records <path>', 'JSON: where the list of events stands, as data.items')
    .option('--delimiter <sign>', 'CSV: between cells; one character, or tab, space')
    .option('--quote <sign>', 'CSV: around cells; one character, or none')
    .option('--escape <sign>', 'CSV: before a quote inside quotes (default: the quote itself)')
    .option('--skip-lines <n>', 'CSV: lines before the header', wholeNumber)
    .option('--header', 'CSV: the first row holds the names of columns')
    .option('--no-header', 'CSV: it holds data')
    .option('--columns <a,b>', 'CSV: names of the columns, in order')
    .option('--null <word>', 'CSV: a cell that is null; may be given several times', append)
    .option('--decimal <sign>', 'CSV: decimal sign')
    .option('--thousands <sign>', 'CSV: between groups of three digits; or none')
}

function addQuestions(program: Command): void {
  const query = program
    .command('query')
    .description('ask a view of the running platform')
    .argument('<view>', 'name of the view')
    .option('--measures <a,b>', 'measures (default: all)')
    .option('--dimensions <a,b>', 'dimensions to group by (default: none)')
    .option('--from <time>', 'begin of the time range: a date or RFC 3339')
    .option('--to <time>', 'its end, not included')
    .option(
      '--grain <grain>',
      'time buckets: second, minute, hour, day, week, month, quarter or year, or several, such as "15 minutes"',
    )
    .option('--time-zone <zone>', 'time zone of the buckets (default: UTC)')
    .option('--week-start <day>', 'the day on which weeks begin (default: monday)')
    .option('--fiscal-year-start <n>', 'the month in which years begin (default: 1)')
    .option('--fill <value>', 'add rows for buckets without events: zero or null')
    .option(
      '--filter <filter>',
      'dimension:operator:value,value or or(filter;filter); may be given several times',
      append,
    )
    .option('--having <filter>', 'measure:operator:value; may be given several times', append)
    .option('--order <a,-b>', 'order; - in front means descending')
    .option('--limit <n>', 'rows at most')
    .option('--offset <n>', 'rows to pass over')
    .option('--api <url>', 'address of the HTTP API (default: the platform of the data directory)', httpUrl)
    .action(async (view: string, _flags, command: Command) => {
      await (await import('./commands/query.ts')).query(view, globals(command))
    })
  example(
    query,
    'twofold query delays_by_hour --measures flights,delay_p95 --dimensions origin --order=-flights --limit 5',
    'twofold query delays_by_hour --grain day --filter origin:in:EWR,JFK --from 2001-01-01 --to 2001-02-01',
  )
  const status = program
    .command('status')
    .description('show how the running platform stands: offsets, lag, freshness, generation, quarantine')
    .option('--api <url>', 'address of the HTTP API (default: the platform of the data directory)', httpUrl)
    .action(async (_flags, command: Command) => {
      await (await import('./commands/status.ts')).status(globals(command))
    })
  example(status, 'twofold status', 'twofold status --json | jq .generation.seq')
  const verify = program
    .command('verify')
    .description('check the archive, the chains, and every view against a recomputation from the raw events')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/verify.ts')).verify(globals(command))
    })
  example(verify, 'twofold verify')
}

function addBatch(program: Command): void {
  const batch = program.command('batch').description('batch jobs and generations')
  example(batch, 'twofold batch run --full', 'twofold batch runs')
  const run = batch
    .command('run')
    .description('run a job now and publish what it yields')
    .option('--full', 'recompute everything from the raw events, not only what is new')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/batch.ts')).batchRun(globals(command))
    })
  example(run, 'twofold batch run', 'twofold batch run --full')
  const runs = batch
    .command('runs')
    .description('list jobs and generations')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/batch.ts')).batchRuns(globals(command))
    })
  example(runs, 'twofold batch runs')
  const rollback = batch
    .command('rollback')
    .description('publish an older generation again, and pause scheduled jobs')
    .option('--to <seq>', 'its number (default: the one before the present)', wholeNumber)
    .action(async (_flags, command: Command) => {
      await (await import('./commands/batch.ts')).batchRollback(globals(command))
    })
  example(rollback, 'twofold batch rollback --to 41')
  const resume = batch
    .command('resume')
    .description('let scheduled jobs run again after a roll-back')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/batch.ts')).batchResume(globals(command))
    })
  example(resume, 'twofold batch resume')
}

function addRepair(program: Command): void {
  const repair = program.command('repair').description('mend what `twofold verify` has found')
  example(repair, 'twofold repair archive --dry-run', 'twofold repair chain --view sales_by_minute')
  const archive = repair
    .command('archive')
    .description('restore damaged and missing segments from Kafka; nothing is deleted')
    .option('--stream <name>', 'only this stream')
    .option('--partition <n>', 'only this partition', wholeNumber)
    .option('--dry-run', 'tell what would be done, and do nothing')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/repair.ts')).repairTheArchive(globals(command))
    })
  example(archive, 'twofold repair archive --dry-run', 'twofold repair archive --stream clicks --partition 2')
  const chain = repair
    .command('chain')
    .description("build a view's speed chain anew, from Kafka and the archive, and switch answers to it")
    .requiredOption('--view <name>', 'the view')
    .option('--dry-run', 'tell what would be done, and do nothing')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/repair.ts')).repairTheChain(globals(command))
    })
  example(chain, 'twofold repair chain --view sales_by_minute')
  const loss = repair
    .command('accept-loss')
    .description(
      'show what Kafka deleted before it was archived; with --yes, declare it lost and go on behind it',
    )
    .option('--stream <name>', 'only this stream')
    .option('--partition <n>', 'only this partition', wholeNumber)
    .option('--yes', 'declare it lost: no answer will be complete again')
    .action(async (_flags, command: Command) => {
      await (await import('./commands/repair.ts')).acceptTheLoss(globals(command))
    })
  example(
    loss,
    'twofold repair accept-loss',
    'twofold repair accept-loss --stream clicks --partition 2 --yes',
  )
}

function addRun(program: Command): void {
  const run = program
    .command('run')
    .description('run one layer in this process, against servers that run elsewhere')
    .addArgument(new Argument('<layer>', 'which one').choices(['ingest', 'speed', 'batch', 'serving']))
    .option('--lanes <list>', 'speed: the lanes that this process holds (default: all)', lanes)
    .option('--port <port>', 'ingest, serving: port to listen on', port)
    .action(async (layer: 'ingest' | 'speed' | 'batch' | 'serving', _flags, command: Command) => {
      await (await import('./commands/run.ts')).run(layer, globals(command))
    })
  example(
    run,
    'KAFKA_BROKERS=kafka:9092 CLICKHOUSE_URL=http://clickhouse:8123 twofold run speed --lanes 0,2',
    'twofold run serving --port 8080',
  )
}

/** The flags of a command and of the program. */
function globals<Flags extends GlobalFlags>(command: Command): Flags {
  return command.optsWithGlobals()
}

function example(command: Command, ...lines: string[]): void {
  command.addHelpText(
    'after',
    `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map(line => `  ${line}`).join('\n')}`,
  )
}

function exitCodesText(): string {
  const lines = Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code}  ${meaning}`)
  return `\nExit codes:\n${lines.join('\n')}\n\nSettings and their environment variables: docs/configuration.md`
}

function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function positive(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Expected a number above 0.')
  return value
}

function port(text: string): number {
  const value = wholeNumber(text)
  if (value > OPTIONS.port.max) throw new InvalidArgumentError(`Expected a port up to ${OPTIONS.port.max}.`)
  return value
}

function httpUrl(text: string): string {
  // Commander would show the value, and so would each error about the API that is named by it.
  if (text.includes('@'))
    throw new TwofoldError(
      'USAGE_INVALID',
      '--api holds an @: it takes an address without user and password.',
    )
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text
  throw new InvalidArgumentError('Expected an address like http://127.0.0.1:8080.')
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}

function lanes(text: string): readonly number[] {
  if (!/^\d+(,\d+)*$/.test(text)) throw new InvalidArgumentError('Expected numbers like 0,2.')
  return text.split(',').map(Number)
}
