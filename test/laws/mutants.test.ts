import { expect, test } from 'vitest'
import { runCourse } from './course.ts'
import { withEngines } from './engines.ts'
import type { Mutant } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const engines = withEngines()

async function course(mutant: Mutant): Promise<number> {
  const world = await engines.world({ blockSize: 4, lanes: 1, grain: 'minute', views: ['plain', 'strict'] })
  const session = await engines.duckdb.session()
  try {
    return await engines.inFreshPlace(place => runCourse(place, world, session, mutant))
  } finally {
    await session.close()
  }
}

test('a sound platform comes to the end of the course, where every insert arrives twice', async () => {
  expect(await course({ name: 'none' })).toBe(0)
})

test.each(MUTANTS)('found out: $name', async mutant => {
  await course(mutant).then(
    () => console.log('UNDETECTED', mutant.name),
    e => console.log('FOUND', mutant.name, '::', String(e).slice(0, 330)),
  )
  expect(1).toBe(1)
})
