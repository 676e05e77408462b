import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Api } from '../support/api.ts'
import { TwofoldHome } from '../support/twofold-home.ts'
import { archived, type FrozenAnswers, fixtureFolder, freeze, QUANTILES, QUESTIONS, send } from './fixture.ts'

/*
 * Freezes a small data directory as this version of Twofold writes it, with the answers that it gives:
 * `node --import tsx test/upgrade/freeze.ts VERSION`, for a folder `test/upgrade/VERSION` that holds the
 * configuration. Run it with the code of a release; `test/end-to-end/upgrade.test.ts` opens what it left.
 */

const version = process.argv[2]
if (version === undefined) throw new Error('Name the version that is frozen: freeze.ts 0.1.0')
const folder = fixtureFolder(version)
mkdirSync(folder, { recursive: true })
const home = await TwofoldHome.create(readFileSync(join(folder, 'twofold.config.ts'), 'utf8'))
try {
  const twofold = home.start()
  await twofold.ready()
  const api = new Api(home.apiUrl)
  // An extension, a full recompute, another extension, and a tail that only the speed layer has.
  await send(home, api, [0, 150], [0, 40])
  await archived(api)
  await home.json('batch', 'run')
  await send(home, api, [150, 300], [40, 90])
  await archived(api)
  await home.json('batch', 'run', '--full')
  await send(home, api, [300, 420], [90, 130])
  await archived(api)
  await home.json('batch', 'run')
  await send(home, api, [420, 430], [130, 135])
  await archived(api)
  const answers = []
  for (const question of [...QUESTIONS, QUANTILES])
    answers.push({ question, data: (await api.ask(question)).data })
  const frozen: FrozenAnswers = {
    version,
    lines: { orders: 430, readings: 135 },
    generation: (await api.status()).generation!.seq,
    answers,
  }
  writeFileSync(join(folder, 'answers.json'), `${JSON.stringify(frozen, null, 2)}\n`)
  await twofold.stop()
  await home.survivors()
  freeze(version, home)
} finally {
  await home.remove()
}
