import type { LayerContext } from '../../core/io/layer-context.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'

/** The stream that a command names, or all where it names none. @throws STREAM_UNKNOWN */
export function namedStreams(
  { project }: Pick<LayerContext, 'project'>,
  wanted: string | undefined,
): readonly StreamDefinition[] {
  const streams = project.streams.filter(({ topic }) => wanted === undefined || topic === wanted)
  if (streams.length > 0 || wanted === undefined) return streams
  const known = project.streams.map(({ topic }) => topic)
  throw new TwofoldError('STREAM_UNKNOWN', `There is no stream ${wanted}; there are ${known.join(', ')}.`, {
    details: { stream: wanted, known },
    hint: 'Name a stream of the configuration.',
  })
}
