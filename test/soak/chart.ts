import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { MEASURES, type Measure, type Sample } from './samples.ts'

const WIDTH = 360
const HEIGHT = 130
const COLUMNS = 2
/** Names of tables are long. */
const LABEL_WIDTH = 260
const TITLE = 'What a platform took and held while it was watched'

/** One small chart for each measure, all over the same minutes, as SVG. */
export async function chartOf(samples: readonly Sample[]): Promise<string> {
  const measures = Object.keys(MEASURES) as Measure[]
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    config: { aria: false, font: 'sans-serif', legend: { labelLimit: LABEL_WIDTH } },
    columns: COLUMNS,
    concat: measures.map(measure => ({
      title: MEASURES[measure],
      width: WIDTH,
      height: HEIGHT,
      data: { values: samples.filter(sample => sample.measure === measure) },
      mark: { type: 'line', clip: true },
      encoding: {
        x: { field: 'minute', type: 'quantitative', title: 'minute', axis: { grid: false } },
        y: { field: 'value', type: 'quantitative', title: null, scale: { zero: true } },
        color: { field: 'subject', type: 'nominal', title: null },
      },
    })),
    resolve: { scale: { color: 'independent' } },
  }
  const view = new View(parse(compile(spec).spec), { renderer: 'none' })
  try {
    return briefly(await view.toSVG())
  } finally {
    view.finalize()
  }
}

/** What Vega writes for scripts and styles that nobody applies, and for groups without a background. */
const NEEDLESS =
  / (class|role|aria-[a-z]+|pointer-events|opacity)="[^"]*"|<path[^>]* d="(M0,0h0v0h0Z)?"[^>]*\/>/g

/** A third of the size: for a tenth of a pixel is enough. */
function briefly(svg: string): string {
  const brief = svg.replaceAll(NEEDLESS, '').replaceAll(/(\d\.\d)\d+/g, '$1')
  return brief.replace(/^<svg[^>]*>/, opening => `${opening}<title>${TITLE}</title>`)
}
