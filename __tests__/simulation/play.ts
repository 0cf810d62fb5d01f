import { startClock, type Clock } from './clock.js'
import { createJournal, type Journal, type Now } from './journal.js'
import { createNetwork, type Network } from './network.js'
import { createRandom, type Random } from './random.js'
import { isLooking, type Activity, type Service, type Step } from './week.js'

/** What a world is made of. */
export interface Surroundings {
  readonly clock: Clock
  readonly network: Network
  readonly journal: Journal
  readonly random: Random
}

/** The user's application in its browser, and the servers that it asks. */
export interface World {
  /** Before anything else, at the first step. */
  readonly signIn: () => Promise<unknown>
  readonly show: () => void
  readonly hide: () => void
  /** What the browser says of the network. */
  readonly goOnline: () => void
  readonly goOffline: () => void
  /** A request; resolves when it has ended, however. */
  readonly ask: () => Promise<void>
  readonly switchTabs: () => void
  /** The servers' clocks go on as they did. */
  readonly followClock: () => void
  readonly serve: (how: Service) => void
  /** Before every step: the user sees what has become of the session. */
  readonly look: () => Promise<unknown>
  readonly close: () => Promise<unknown>
}

/** Plays a week in a world, which starts asleep and online. */
export async function play(
  plan: readonly Step[],
  seed: number,
  open: (surroundings: Surroundings) => World,
): Promise<Journal> {
  const clock = startClock()
  const random = createRandom(seed)
  // Back-offs and retries are shortened at random.
  jest.spyOn(Math, 'random').mockImplementation(random)
  const now: Now = { activity: 'sleeps', service: 'up', backMs: 0, clockSetMs: -Infinity }
  const network = createNetwork(clock, random)
  const journal = createJournal(clock, network, now)
  const world = open({ clock, network, journal, random })
  let signedIn = false

  async function reach(atMs: number): Promise<void> {
    const leftMs = Math.max(0, atMs - clock.trueMs())
    if (now.activity === 'sleeps') clock.sleep(leftMs)
    else await clock.pass(leftMs)
  }

  function turn(to: Activity): void {
    const looked = isLooking(now.activity)
    now.activity = to
    if (looked && !isLooking(to)) world.hide()
    if (looked || !isLooking(to)) return
    now.backMs = clock.trueMs()
    world.show()
  }

  function take(step: Step): void {
    switch (step.does) {
      case 'turn':
        turn(step.to)
        break
      case 'ask':
        for (let index = 0; index < step.count; index++) void world.ask()
        break
      case 'switchTabs':
        world.switchTabs()
        break
      case 'loseNetwork':
        network.lose(step.quirk)
        if (step.quirk !== 'unnoticed') world.goOffline()
        break
      case 'regainNetwork':
        now.backMs = clock.trueMs()
        network.regain()
        break
      case 'hearOnline':
        world.goOnline()
        break
      case 'setClock':
        now.clockSetMs = clock.trueMs()
        clock.set(step.byMs)
        world.followClock()
        break
      case 'serve':
        now.service = step.how
        world.serve(step.how)
        break
      case 'end':
        break
    }
  }

  for (const step of plan) {
    await reach(step.atMs)
    if (signedIn) await world.look()
    else await clock.until(world.signIn())
    signedIn = true
    take(step)
  }
  await clock.until(world.close())
  jest.useRealTimers()
  return journal
}
