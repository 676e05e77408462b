import type { LayerProcess } from './layer-process.ts'
import type { Scenario } from './scenario.ts'

/** Starts all layers and a load, and waits until each view has answers. */
export async function atWork(
  scenario: Scenario,
): Promise<{ batch: LayerProcess; speed: LayerProcess; serving: LayerProcess }> {
  const batch = scenario.start('batch')
  const speed = scenario.start('speed')
  const serving = await scenario.read()
  scenario.produce()
  await scenario.progress(50)
  return { batch, speed, serving }
}
