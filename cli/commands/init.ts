import { basename, relative, resolve } from 'node:path'
import { configText } from '../init/config-text.ts'
import { profileFile } from '../init/profile-file.ts'
import { type ProjectProposal, proposeProject } from '../init/propose-project.ts'
import { writeProject } from '../init/write-project.ts'
import { outputMode, present } from '../output/mode.ts'
import { grouped } from '../output/numbers.ts'
import type { GlobalFlags } from '../project/workspace.ts'
import { type FileFlags, fileOptions } from './file-flags.ts'

export interface InitFlags extends GlobalFlags, FileFlags {
  /** A file to propose a stream and a view for. */
  readonly from?: string
  /** Its column of the event time. */
  readonly time?: string
}

/** Writes a small project to begin with; one for a file where there is one. */
export async function init(folder: string, flags: InitFlags): Promise<void> {
  if (flags.from !== undefined) return initFrom(folder, flags.from, flags)
  const files = writeProject(folder)
  present(outputMode(flags), { files }, () => [...written(files), '', nextText(folder)].join('\n'))
}

async function initFrom(folder: string, path: string, flags: InitFlags): Promise<void> {
  const profile = await profileFile(path, fileOptions(flags))
  const proposal = proposeProject(path, profile, flags.time)
  const config = await configText(proposal, basename(path))
  const commands = commandsOf(proposal, path)
  const files = writeProject(folder, { config, commands })
  const { rows, isWhole } = profile
  const answer = { files, stream: proposal.topic, view: proposal.view, time: proposal.time, rows, isWhole }
  present(outputMode(flags), answer, () =>
    [
      `The types are those of ${isWhole ? `all ${grouped(rows)}` : `the first ${grouped(rows)}`} rows; the time is ${proposal.time}.`,
      ...written(files),
      '',
      `${nextText(folder)}, and in another terminal:`,
      ...commands.split('\n').map(line => `  ${line}`),
    ].join('\n'),
  )
}

function written(files: readonly string[]): string[] {
  return files.map(file => `wrote ${relative('', file)}`)
}

function nextText(folder: string): string {
  const enter = relative('', folder) === '' ? '' : `cd ${folder} && `
  return `Next: ${enter}npm install && npm start`
}

function commandsOf({ topic, view }: ProjectProposal, path: string): string {
  return `npx twofold ingest-file ${topic} '${resolve(path).replaceAll("'", "'\\''")}'\nnpx twofold query ${view}`
}
