import type { ChangePreview, Refusals, StreamChange } from '../../batch-layer/commands.ts'
import { grouped } from './numbers.ts'
import { textTable } from './table.ts'

type ViewChange = ChangePreview['views'][number]

/** What a definition would change, for a terminal. */
export function previewText(preview: ChangePreview): string {
  const { isCompared, streams, views, dropped } = preview
  return [
    ...(isCompared
      ? []
      : ['No batch layer has left its definitions in the data directory: there is nothing to compare with.']),
    ...streams.map(streamText),
    ...views.map(viewText),
    ...dropped.map(name => `View ${name} runs and would not be there any more.`),
    preview.isRefusing
      ? 'Records that count now would be set aside.'
      : 'No record that counts now would be set aside.',
  ].join('\n\n')
}

function streamText({ stream, records, before, after, newlyRefused, newlyAccepted }: StreamChange): string {
  const now =
    before === null
      ? ''
      : `${grouped(before.accepted)} accepted and ${grouped(before.rejected)} refused now, `
  return [
    `Stream ${stream}: of the newest ${grouped(records)} records, ${now}${grouped(after.accepted)} accepted and ${grouped(after.rejected)} refused then`,
    ...newlyRefused.map(refusals => `  refused after: ${refusalText(refusals)}`),
    ...newlyAccepted.map(refusals => `  accepted after: ${refusalText(refusals)}`),
  ].join('\n')
}

function refusalText({ reason, field, records, example }: Refusals): string {
  const where = field === null ? '' : ` in ${field}`
  const { partition, offset, detail, value } = example
  const shown = value === null ? '' : `\n    ${value.replace(/\s+/g, ' ')}`
  return `${grouped(records)} for ${reason}${where}; the first at partition ${partition}, offset ${offset}: ${detail}${shown}`
}

function viewText({ view, isNewVersion, before, after, firstFailure, measures }: ViewChange): string {
  const head = `View ${view}: ${isNewVersion ? 'a new version, built up from the beginning before it serves' : 'the version that runs'}`
  const countRows = (['accepted', 'filtered', 'quarantined', 'skipped'] as const).map(name => [
    name,
    before === null ? '' : grouped(before[name]),
    grouped(after[name]),
    before === null || before[name] === after[name] ? '' : 'changes',
  ])
  const measureRows = measures.map(measure => [
    measure.measure,
    'before' in measure ? (measure.before ?? 'NULL') : '',
    measure.after ?? 'NULL',
    'before' in measure && measure.before === measure.after ? '' : 'changes',
  ])
  const failure =
    firstFailure === null
      ? []
      : [`  an expression fails first at partition ${firstFailure.partition}, offset ${firstFailure.offset}`]
  const table = textTable(['', 'now', 'then', ''], [...countRows, ...measureRows], [false, true, true])
  return [head, table, ...failure].join('\n')
}
