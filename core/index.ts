/** What a `twofold.config.ts` imports. */
export { e } from './define/envelope.ts'
export { m } from './define/measure.ts'
export { defineProject, type ProjectOptions } from './define/project.ts'
export { type StreamOptions, stream } from './define/stream.ts'
export { t } from './define/types.ts'
export { type ViewOptions, view } from './define/view.ts'
