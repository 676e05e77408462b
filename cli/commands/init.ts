import { relative } from 'node:path'
import { writeProject } from '../init/write-project.ts'
import { outputMode, present } from '../output/mode.ts'
import type { GlobalFlags } from '../project/workspace.ts'

/** Writes a small project to begin with. */
export async function init(folder: string, flags: GlobalFlags): Promise<void> {
  const files = writeProject(folder)
  present(outputMode(flags), { files }, () => {
    const enter = relative('', folder) === '' ? '' : `cd ${folder} && `
    return [
      ...files.map(file => `wrote ${relative('', file)}`),
      '',
      `Next: ${enter}npm install && npm start`,
    ].join('\n')
  })
}
