import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ATTACKS } from './cases/attacks.ts'
import { BODY_CASES } from './cases/bodies.ts'
import { CONFIGURATION_CASES, ENVIRONMENT_CASES } from './cases/configurations.ts'
import { ACCEPTED_CASES, EVENT_CASES } from './cases/events.ts'

const RELIABILITY = new URL('../../docs/reliability.md', import.meta.url)

test('the documentation counts the cases that there are', () => {
  const text = readFileSync(RELIABILITY, 'utf8')
  for (const counted of [
    `${EVENT_CASES.length} values, ${ACCEPTED_CASES.length} of them only odd`,
    `${BODY_CASES.length} bodies`,
    `${ATTACKS.length} attack strings`,
    `${CONFIGURATION_CASES.length} files and ${ENVIRONMENT_CASES.length} variables`,
  ])
    expect(text).toContain(counted)
})

test('no case stands there twice', () => {
  for (const names of [EVENT_CASES, BODY_CASES, CONFIGURATION_CASES].map(cases =>
    cases.map(({ what }) => what),
  ))
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  expect(new Set(ATTACKS).size).toBe(ATTACKS.length)
})
