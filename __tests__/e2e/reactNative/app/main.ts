import { scenarios } from './scenarios.js'
import { createStage } from './stage.js'

/** The engine's own: a line on standard output. */
const print = Reflect.get(globalThis, 'print') as (line: string) => void

async function main(): Promise<void> {
  for (const [scenario, run] of Object.entries(scenarios)) {
    const stage = await createStage()
    print(JSON.stringify({ scenario, result: await run(stage) }))
    await stage.end()
  }
}

main().catch((error: unknown) => {
  print((error as Error).stack ?? String(error))
})
