import type { ErrorCode } from '../../../core/model/errors.ts'

/** A configuration that is broken, and what its error must say. */
export interface ConfigurationCase {
  readonly what: string
  readonly text: string
  readonly code: ErrorCode
  /** Parts of the message, and of the hint where it names what may have been meant. */
  readonly says: readonly string[]
}

const IMPORTS = "import { defineProject, e, m, stream, t, view } from 'twofold-analytics'\n"

interface Parts {
  readonly stream?: string
  readonly view?: string
  readonly project?: string
}

/** A configuration that is right but for the parts given. */
export function configuration({
  stream = "topic: 'clicks', time: 'ts', schema: { ts: t.timestamp(), n: t.int64(), s: t.string() }",
  view = "name: 'v', from: clicks, grain: 'minute', dimensions: { s: 's' }, measures: { events: m.count() }",
  project = 'streams: [clicks], views: [v]',
}: Parts = {}): string {
  return `${IMPORTS}const clicks = stream({ ${stream} })
const v = view({ ${view} })
export default defineProject({ ${project} })
`
}

const schema = (columns: string): Parts => ({
  stream: `topic: 'clicks', time: 'ts', schema: { ts: t.timestamp(), s: t.string(), ${columns} }`,
})
const streamWith = (more: string): Parts => ({
  stream: `topic: 'clicks', time: 'ts', schema: { ts: t.timestamp(), s: t.string() }, ${more}`,
})
const viewWith = (more: string): Parts => ({
  view: `name: 'v', from: clicks, grain: 'minute', measures: { events: m.count() }, ${more}`,
})
const measure = (text: string): Parts => ({
  view: `name: 'v', from: clicks, grain: 'minute', measures: { x: ${text} }`,
})
const besideCount = (text: string): Parts => ({
  view: `name: 'v', from: clicks, grain: 'minute', measures: { count: m.count(), x: ${text} }`,
})
const dimension = (sql: string): Parts => viewWith(`dimensions: { x: ${JSON.stringify(sql)} }`)
const projectWith = (more: string): Parts => ({ project: `streams: [clicks], views: [v], ${more}` })
const sample = (more: string): Parts =>
  projectWith(`sample: { into: clicks, file: 'x.csv', history: 1, ratePerSecond: 1, ${more} }`)

function invalid(what: string, parts: Parts, ...says: readonly string[]): ConfigurationCase {
  return { what, text: configuration(parts), code: 'CONFIG_INVALID', says }
}
function expression(what: string, parts: Parts, ...says: readonly string[]): ConfigurationCase {
  return { what, text: configuration(parts), code: 'EXPRESSION_INVALID', says: ['View "v"', ...says] }
}
function file(what: string, text: string, ...says: readonly string[]): ConfigurationCase {
  return { what, text, code: 'CONFIG_INVALID', says }
}

const FILES: readonly ConfigurationCase[] = [
  file('a syntax error', `${IMPORTS}const x: = 1\n`, 'twofold.config.ts:2', 'syntax error'),
  file('a text without end', `${IMPORTS}const x = 'abc\n`, 'twofold.config.ts:2', 'syntax error'),
  file('bytes', '\u0000\u0001\u0002', 'twofold.config.ts:1', 'syntax error'),
  file('an empty file', '', 'no default export'),
  file('JSON', '{ "streams": [] }', 'twofold.config.ts:1', 'syntax error'),
  file('a throw', `\n\nthrow new Error('not today')\n`, 'twofold.config.ts:3', 'not today'),
  file('a throw of no error', 'throw 5', 'twofold.config.ts', '5'),
  file('a promise that fails', `await Promise.reject(new Error('later'))\n`, 'later'),
  file(
    'an export by another name',
    configuration().replace('export default', 'export const project ='),
    'no default export',
  ),
  file('the function itself', `${IMPORTS}export default defineProject\n`, 'defineProject() did not make'),
  file('a promise', `${IMPORTS}export default Promise.resolve(1)\n`, 'defineProject() did not make'),
  file('an import that is not there', `import './streams.ts'\n`, "Cannot find module './streams.ts'"),
]

const PROJECTS: readonly ConfigurationCase[] = [
  file(
    'a project of nothing',
    `${IMPORTS}export default defineProject()\n`,
    'expected an object, got undefined',
  ),
  invalid('no streams', { project: 'streams: [], views: []' }, 'defineProject.streams', 'at least one'),
  invalid(
    'streams by another name',
    { project: 'stream: [clicks], views: [v]' },
    '"stream"',
    'Did you mean streams?',
  ),
  invalid('an unknown field', projectWith('batches: {}'), '"batches"', 'Did you mean batch?'),
  invalid(
    'a stream that is none',
    { project: "streams: [clicks, 'sales'], views: [v]" },
    'defineProject.streams.1',
  ),
  invalid(
    'a view that is none',
    { project: 'streams: [clicks], views: [v, undefined]' },
    'defineProject.views.1',
  ),
  invalid('views that are no list', { project: 'streams: [clicks], views: v' }, 'defineProject.views'),
  invalid(
    'a stream twice',
    { project: 'streams: [clicks, clicks], views: []' },
    '"clicks" is declared twice',
  ),
  invalid('a view twice', { project: 'streams: [clicks], views: [v, v]' }, '"v" is declared twice'),
  invalid(
    'an unknown field of batch',
    projectWith("batch: { evry: '1 minute' }"),
    'defineProject.batch',
    'Did you mean every?',
  ),
  invalid('batch that is nothing', projectWith('batch: null'), 'defineProject.batch', 'null'),
  invalid('a number for a duration', projectWith('batch: { every: 60 }'), 'defineProject.batch.every', '60'),
  invalid(
    'a duration beyond all',
    projectWith("batch: { every: '99999999999999999999 days' }"),
    'defineProject.batch.every',
  ),
  invalid('a duration of nothing', projectWith("batch: { every: '0 s' }"), 'defineProject.batch.every'),
  invalid('a time of day that is none', projectWith("batch: { full: '24:00' }"), 'defineProject.batch.full'),
  invalid('options that are a list', projectWith('options: [8080]'), 'defineProject.options', 'a list'),
  invalid('a sample into no stream', sample("into: 'clicks'"), 'defineProject.sample.into'),
  invalid('a sample of less than nothing', sample('history: -1'), 'defineProject.sample.history', '-1'),
  invalid('a sample at a rate that is none', sample("ratePerSecond: 'fast'"), 'ratePerSecond', '"fast"'),
  invalid('a sample of no file', sample('file: 5'), 'defineProject.sample.file'),
]

const STREAMS: readonly ConfigurationCase[] = [
  file('a stream of nothing', `${IMPORTS}stream()\n`, 'stream()', 'expected an object'),
  invalid(
    'a topic with a space',
    { stream: "topic: 'a b', time: 'ts', schema: { ts: t.timestamp() }" },
    'stream("a b").topic',
  ),
  invalid('no topic', { stream: "time: 'ts', schema: { ts: t.timestamp() }" }, 'topic'),
  invalid(
    'an unknown field of a stream',
    streamWith('blocksize: 4096'),
    'stream("clicks")',
    'Did you mean blockSize?',
  ),
  invalid('no schema', { stream: "topic: 'clicks', time: 'ts'" }, 'stream("clicks").schema'),
  invalid(
    'a schema that is a list',
    { stream: "topic: 'clicks', time: 'ts', schema: [t.string()]" },
    'schema',
    'a list',
  ),
  invalid('a type that was not called', schema('x: t.string'), 'schema.x', 't.string()'),
  invalid('a column name of two words', schema("'first name': t.string()"), '"first name"'),
  invalid('a column name that could break out', schema(`'x"; --': t.string()`), 'not allowed'),
  invalid('names that differ in case', schema('S: t.string()'), 'schema', '"s" and "S"'),
  invalid('a decimal of too many digits', schema('x: t.decimal(39, 2)'), 't.decimal(39, 2)'),
  invalid('a decimal of no digits', schema('x: t.decimal()'), 't.decimal(undefined, undefined)'),
  invalid('an unknown form of time', schema("x: t.timestamp('iso')"), 't.timestamp("iso")', 'rfc3339'),
  invalid('an unknown format', schema("x: t.timestamp({ format: 'iso8601' })"), 't.timestamp()', 'iso8601'),
  invalid('a misspelt option', schema("x: t.timestamp({ fromat: 'iso' })"), 't.timestamp()', 'fromat'),
  invalid('no format in the list', schema('x: t.timestamp({ format: [] })'), 'the list of formats is empty'),
  invalid('an unknown directive', schema("x: t.timestamp({ format: '%Y-%q' })"), '%q'),
  invalid(
    'a pattern of a day without a year',
    schema("x: t.timestamp({ format: '%d.%m.', zone: 'UTC' })"),
    'which day',
  ),
  invalid(
    'a pattern that reads twice',
    schema("x: t.timestamp({ format: '%F %m', zone: 'UTC' })"),
    'month twice',
  ),
  invalid('a pattern without a zone', schema("x: t.timestamp({ format: '%F' })"), '%F', 'zone'),
  invalid(
    'an unknown zone',
    schema("x: t.timestamp({ format: 'iso', zone: 'Berlin' })"),
    'Berlin',
    'Europe/Berlin',
  ),
  invalid('a bound that is no time', schema("x: t.timestamp({ notBefore: 'soon' })"), 'notBefore', 'soon'),
  invalid(
    'bounds the wrong way round',
    schema("x: t.timestamp({ notBefore: '2026-01-02', notAfter: '2026-01-01' })"),
    'notAfter',
  ),
  invalid('an alias where another column is', schema("x: t.string().alias('s')"), 'overlaps'),
  invalid('an enum of nothing', schema('x: t.enum()'), 't.enum()'),
  invalid('an enum of numbers', schema('x: t.enum(1, 2)'), 't.enum(1, 2)'),
  invalid('an enum with a word twice', schema("x: t.enum('a', 'a')"), 't.enum("a", "a")'),
  invalid('a path of a number', schema('x: t.string().path(5)'), 'schema.x', 'path'),
  invalid('a path of nothing', schema("x: t.string().path('')"), 'schema.x', 'empty'),
  invalid('two columns from one place', schema("x: t.string().path('s')"), 'overlaps'),
  invalid(
    'a time that is no column',
    { stream: "topic: 'clicks', time: 'at', schema: { ts: t.timestamp() }" },
    '.time',
    '"at"',
  ),
  invalid('a key that is no column', streamWith("key: 'id'"), '.key', '"id"'),
  invalid('an event id that is no column', streamWith("id: 'event_id'"), '.id', '"event_id"'),
  invalid('an event id that is a time', streamWith("id: 'ts'"), '.id', 'timestamp', 'string'),
  invalid(
    'an event id with a default',
    { stream: "topic: 'c', time: 'ts', schema: { ts: t.timestamp(), s: t.string().default('') }, id: 's'" },
    '.id',
    'default',
  ),
  invalid('how far back an id counts, and no id', streamWith('within: 5'), '.within', 'set id'),
  invalid('an id that never counts', streamWith("id: 's', within: 0"), '.within', '16777216', 'got 0'),
  invalid('an id that counts backwards', streamWith("id: 's', within: -1"), '.within', 'got -1'),
  invalid('an id that counts for ever', streamWith("id: 's', within: 20_000_000"), '.within', '16777216'),
  invalid('how far back an id counts as a text', streamWith("id: 's', within: '7 days'"), '.within'),
  invalid('records of nothing', streamWith("records: ''"), '.records', "'array'", '""'),
  invalid('records at a path with a hole', streamWith("records: 'a..b'"), '.records', 'empty part'),
  invalid('records as a list', streamWith("records: ['a']"), '.records', "'lines'", 'a list'),
  invalid(
    'an alias inside of a list',
    schema("x: t.list(t.struct({ a: t.string().alias('b') }))"),
    't.struct().a',
    'no aliases',
  ),
  invalid('tombstones that vanish', streamWith("tombstones: 'drop'"), '.tombstones', "'ignore'", '"drop"'),
  invalid('a header without a name', schema("x: e.header('', t.string())"), 'e.header("")', "header's name"),
  invalid('a key without a type', schema('x: e.key()'), 'e.key()', 'column type'),
  invalid('a key with an older name', schema("x: e.key(t.string().alias('a'))"), 'e.key()', 'no path'),
  invalid(
    'an older name of a header',
    schema("x: e.header('h', t.string()).alias('a')"),
    'schema.x',
    'no path',
  ),
  invalid('a key with a path', schema("x: e.key(t.string().path('a'))"), 'e.key()', 'no path'),
  invalid('a timestamp with a path', schema("x: e.timestamp().path('a')"), '.schema.x', 'no path'),
  invalid(
    'a record key out of the record',
    {
      stream:
        "topic: 'clicks', time: 'ts', key: 'k', schema: { ts: t.timestamp(), s: t.string(), k: e.key(t.string()) }",
    },
    '.key',
    'one of the event',
  ),
  invalid(
    'an element of a list written as a member',
    schema("x: t.decimal(10, 2).path('items.0.price')"),
    'items.0.price',
    'items[0].price',
    '["items","0","price"]',
  ),
  invalid('a path with an open bracket', schema("x: t.string().path('a[0')"), 'not closed'),
  invalid('a path with a word in brackets', schema("x: t.string().path('a[first]')"), 'key=text', '[first]'),
  invalid(
    'a path that begins with an element',
    schema('x: t.string().path([{ index: 0 }])'),
    '.schema.x',
    'no list',
  ),
  invalid(
    'a list where another column reads an object',
    schema("x: t.string().path('a[0].b'), y: t.string().path('a.c')"),
    '.schema.y',
    'takes for a list',
  ),
  invalid('a list in the key', schema('x: e.key(t.list(t.string()))'), '.schema.x', 'one value'),
  invalid('a list with a default', schema("x: t.list(t.string()).default('a')"), '.schema.x', 'no default'),
  invalid('a list of nothing', schema('x: t.list()'), 't.list()', 'type of its elements'),
  invalid('an object of nothing', schema('x: t.list(t.struct({}))'), 't.struct()', 'at least one member'),
  invalid(
    'an object that is no element',
    schema('x: t.struct({ a: t.string() })'),
    '.schema.x',
    'column type',
  ),
  invalid('two lists taken apart', viewWith("unnest: { a: 's', b: 's' }"), '.unnest', 'one list', 'got 2'),
  invalid('elements by the name of a column', viewWith("unnest: { S: 's' }"), '.unnest.S', 'has this name'),
  expression(
    'what is no list taken apart',
    viewWith("unnest: { x: 's' }"),
    'unnest.x',
    'VARCHAR',
    'expected a list',
  ),
  expression(
    'a list as a dimension',
    { ...schema('tags: t.list(t.string())'), ...viewWith("dimensions: { x: 'tags' }") },
    'dimensions.x',
    'VARCHAR[]',
    'unnest',
  ),
  expression(
    'a member that elements do not have',
    {
      ...schema('items: t.list(t.struct({ sku: t.string() }))'),
      ...viewWith("unnest: { item: 'items' }, dimensions: { x: 'item.price' }"),
    },
    'dimensions.x',
    'price',
  ),
  invalid('blocks of 1,000', streamWith('blockSize: 1000'), '.blockSize', 'power of two', '1000'),
  invalid('no lanes', streamWith('lanes: 0'), '.lanes', 'from 1 to 64'),
  invalid('a text for a number', streamWith("partitions: '4'"), '.partitions', '"4"'),
  invalid('half a partition', streamWith('partitions: 1.5'), '.partitions', '1.5'),
  invalid('a retention that is none', streamWith('retention: 7'), '.retention', '7'),
  {
    what: 'a default of another type',
    text: configuration(schema("x: t.int64().default('many')")),
    code: 'SCHEMA_INVALID',
    says: ['"x"', '"many"'],
  },
]

const VIEWS: readonly ConfigurationCase[] = [
  file('a view of nothing', `${IMPORTS}view()\n`, 'view()', 'expected an object'),
  invalid('an unknown field of a view', viewWith("filter: 's'"), 'view("v")', '"filter"'),
  invalid(
    'a name with quotes',
    { view: "name: `v'; --`, from: clicks, grain: 'day', measures: { x: m.count() }" },
    'not allowed',
  ),
  invalid(
    'a view of a name',
    { view: "name: 'v', from: 'clicks', grain: 'day', measures: { x: m.count() }" },
    'view("v").from',
  ),
  invalid(
    'an unknown grain',
    { view: "name: 'v', from: clicks, grain: 'fortnight', measures: { x: m.count() }" },
    'view("v").grain',
    '"fortnight"',
  ),
  invalid('no measures', { view: "name: 'v', from: clicks, grain: 'day'" }, 'view("v").measures'),
  invalid('a reserved name', viewWith("dimensions: { time: 's' }"), 'reserved'),
  invalid('a dimension that is a number', viewWith('dimensions: { x: 5 }'), 'view("v").dimensions.x', '5'),
  invalid('dimensions that are a list', viewWith("dimensions: ['s']"), 'view("v").dimensions', 'a list'),
  invalid('a condition that is a number', viewWith('where: 5'), 'view("v").where', '5'),
  invalid('a measure that was not called', measure('m.count'), 'view("v").measures.x', 'm.count()'),
  invalid('a measure that is a text', measure("'count'"), 'view("v").measures.x'),
  invalid(
    'a measure of a kind that is none',
    measure("{ kind: 'median', expression: 'n' }"),
    'view("v").measures.x',
  ),
  invalid('a measure of JavaScript', measure("{ kind: 'constructor' }"), 'view("v").measures.x'),
  invalid('a ratio of nothing', besideCount("m.ratio('count')"), 'view("v").measures.x', '"undefined"'),
  invalid('a ratio of what is not there', besideCount("m.ratio('m', 'all')"), '.x', '"m"'),
  invalid(
    'a ratio of what is misspelt',
    besideCount("m.ratio('count', 'counts')"),
    '.x',
    'Did you mean count?',
  ),
  invalid('a ratio of itself', besideCount("m.ratio('x', 'count')"), '.x', 'keeps no measure "x"'),
  invalid('a ratio of a text', besideCount("{ kind: 'ratio', of: 'xy' }"), '.x', 'expected two measures'),
  invalid('nothing but a ratio', measure("m.ratio('x', 'x')"), 'view("v").measures', 'at least one measure'),
  invalid('a sum of nothing', measure('m.sum()'), 'view("v").measures.x.expression', 'undefined'),
  invalid('the greatest by nothing', measure("m.argMax('s')"), 'view("v").measures.x.by'),
  invalid('a filter by another name', measure("m.count({ where: 'n > 1' })"), '"where"', 'filter'),
  invalid('a filter that is a number', measure('m.count({ filter: 5 })'), 'view("v").measures.x.filter'),
  invalid('options that are a text', measure("m.count('n')"), "measure's options", '"n"'),
  invalid('a quantile beyond 1', measure("m.quantile('n', 95)"), 'from 0 to 1', '95'),
  invalid('the first of nothing', measure('m.first()'), 'view("v").measures.x.expression', 'undefined'),
  invalid('a condition that is not there', measure('m.countIf()'), 'm.countIf()', 'undefined'),
  invalid('no values to list', measure("m.topK('s', 0)"), 'view("v").measures.x', 'from 1 to 1000', '0'),
  invalid('half a value to list', measure("m.topK('s', 2.5)"), 'view("v").measures.x', '2.5'),
  invalid('values without a number', measure("m.topK('s')"), 'view("v").measures.x', 'undefined'),
  invalid(
    'a histogram without edges',
    measure("m.histogram('n', [])"),
    'view("v").measures.x',
    'edges',
    '[]',
  ),
  invalid('edges that fall', measure("m.histogram('n', [2, 1])"), 'view("v").measures.x', '[2,1]'),
  invalid(
    'edges without an end',
    measure("m.histogram('n', [0, Infinity])"),
    'view("v").measures.x',
    'edges',
  ),
  invalid('a histogram of no buckets', measure("m.histogram('n')"), "histogram's buckets", 'undefined'),
  invalid('a misspelt width', measure("m.histogram('n', { from: 0, to: 9, with: 3 })"), '"with"', 'width'),
  invalid('a width of nothing', measure("m.histogram('n', { from: 0, to: 9, width: 0 })"), 'width above 0'),
  invalid(
    'half a bucket',
    measure("m.histogram('n', { from: 0, to: 9, width: 2 })"),
    'whole number of widths',
  ),
  invalid(
    'a million buckets',
    measure("m.histogram('n', { from: 0, to: 1, width: 1e-6 })"),
    'fewer than 256',
  ),
  invalid('a population by its name', measure("m.stddev('n', { population: 'all' })"), 'population', '"all"'),
  invalid('a population of a sum', measure("m.sum('n', { population: true })"), '"population"', 'filter'),
  invalid(
    'names that differ in case alone',
    viewWith("dimensions: { Events: 's' }"),
    '"Events" and "events"',
  ),
]

const EXPRESSIONS: readonly ConfigurationCase[] = [
  expression(
    'an unknown column',
    dimension('lower(sx)'),
    'dimensions.x',
    '"lower(sx)"',
    '"sx"',
    '(at character 7)',
  ),
  expression('a bracket too few', dimension('lower(s'), 'dimensions.x', 'syntax error', '(at character 8)'),
  expression('a bracket too many', dimension('s)'), 'dimensions.x', 'syntax error', '(at character 2)'),
  expression('nothing', dimension(''), 'dimensions.x', 'not one expression'),
  expression('two expressions', dimension('s, n'), 'dimensions.x', 'not one expression'),
  expression('a statement behind it', dimension('s; DROP TABLE events'), 'dimensions.x', '(at character 2)'),
  expression('a comment that swallows the rest', dimension('s --'), 'dimensions.x', 'syntax error'),
  expression(
    'a subquery',
    dimension("(SELECT content FROM read_text('/etc/passwd'))"),
    'dimensions.x',
    'a subquery',
  ),
  expression('an aggregate of a window', dimension('sum(n) OVER ()'), 'dimensions.x', 'a window function'),
  expression('a list', dimension('[n]'), 'dimensions.x', 'BIGINT[]'),
  expression('a NUL', dimension('s\u0000'), 'dimensions.x', 'NUL'),
  expression('20,000 terms', dimension(`n${'+1'.repeat(20_000)}`), 'dimensions.x', '…'),
  expression('a number for a condition', viewWith("where: 'n + 1'"), 'where', '"n + 1"', 'BIGINT'),
  expression('a text for a filter', measure("m.count({ filter: 's' })"), 'measures.x.filter', 'VARCHAR'),
  expression('a spread of texts', measure("m.stddev('s')"), 'measures.x', '"s"', 'VARCHAR', 'stddev'),
  expression('a histogram of texts', measure("m.histogram('s', [1])"), 'measures.x', '"s"', 'VARCHAR'),
  expression('bits of a decimal', measure("m.bitOr('n * 1.5')"), 'measures.x', 'DECIMAL', 'integers'),
  expression('a sum of texts', measure("m.sum('s')"), 'measures.x', '"s"', 'VARCHAR', 'sum'),
  {
    what: 'a column that is a word of SQL',
    text: configuration({
      stream:
        "topic: 'clicks', time: 'ts', schema: { ts: t.timestamp(), group: t.string(), n: t.int64(), s: t.string() }",
      view: "name: 'v', from: clicks, grain: 'day', dimensions: { x: 'lower(group)' }, measures: { x2: m.count() }",
    }),
    code: 'EXPRESSION_INVALID',
    says: ['View "v"', 'dimensions.x', '"lower(group)"', 'group is a word of SQL', 'double quotes: "group"'],
  },
  {
    what: 'a function that is not allowed',
    text: configuration(dimension("read_text('/etc/passwd')")),
    code: 'FUNCTION_NOT_ALLOWED',
    says: ['View "v"', 'dimensions.x', 'read_text', '(at character 1)'],
  },
  {
    what: 'a function that is misspelt',
    text: configuration(dimension('lowr(s)')),
    code: 'FUNCTION_NOT_ALLOWED',
    says: ['View "v"', 'Did you mean lower?'],
  },
]

const option = (what: string, text: string, ...says: readonly string[]): ConfigurationCase => ({
  what: `the option ${what}`,
  text: configuration(projectWith(`options: { ${text} }`)),
  code: 'OPTION_INVALID',
  says,
})

const OPTIONS: readonly ConfigurationCase[] = [
  option('that is not there', 'prt: 1', '"prt"'),
  option('that is misspelt', 'querytimeoutms: 1', '"querytimeoutms"', 'Did you mean queryTimeoutMs?'),
  option('of JavaScript', 'constructor: 1', '"constructor"'),
  option('beyond its range', 'port: 70000', 'options.port', '70000', 'from 0 to 65535'),
  option('below its range', 'refreshMs: 1', 'options.refreshMs', 'from 100'),
  option('that is half a number', 'port: 80.5', 'options.port', '80.5'),
  option('that is no number', "port: 'http'", 'options.port', '"http"'),
  option('that is an object', 'port: {}', 'options.port'),
  option('that is a boolean', 'port: true', 'options.port'),
  option('that is a number for a text', 'host: 1', 'options.host'),
  option('that is a word for yes or no', "kafkaSsl: 'yes'", 'options.kafkaSsl', 'true or false'),
  option('that is none of the choices', "kafkaDriver: 'rdkafka'", 'options.kafkaDriver', 'node-rdkafka'),
]

export const CONFIGURATION_CASES = [...FILES, ...PROJECTS, ...STREAMS, ...VIEWS, ...EXPRESSIONS, ...OPTIONS]

/** Variables of the environment that no setting can take, and what must be said of them. */
export const ENVIRONMENT_CASES: readonly (readonly [variable: string, value: string, says: string])[] = [
  ['TWOFOLD_PORT', 'eighty', 'from 0 to 65535'],
  ['TWOFOLD_PORT', '99999', 'from 0 to 65535'],
  ['TWOFOLD_PORT', '-1', 'from 0 to 65535'],
  ['TWOFOLD_PORT', '80.5', 'from 0 to 65535'],
  ['TWOFOLD_PORT', '8080; rm -rf /', 'from 0 to 65535'],
  ['TWOFOLD_PORT', ' ', 'from 0 to 65535'],
  ['TWOFOLD_KAFKA_PORT', '0', 'from 1 to 65535'],
  ['TWOFOLD_KAFKA_HEAP_MB', 'NaN', 'from 128 to 65536'],
  ['TWOFOLD_QUERY_TIMEOUT_MS', 'Infinity', 'a whole number'],
  ['TWOFOLD_SPEED_MAX_RECORDS', '1e99', 'a whole number'],
  ['TWOFOLD_KAFKA_DRIVER', 'kafka', 'kafkajs'],
  ['KAFKA_SSL', 'maybe', 'true or false'],
  ['KAFKA_SASL_MECHANISM', 'kerberos', 'scram-sha-256'],
  ['CLICKHOUSE_PASSWORD_FILE', '/nowhere/password', '/nowhere/password'],
]
