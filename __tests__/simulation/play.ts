import { startClock, type Clock } from './clock.js'
import { createJournal, type Journal, type Now } from './journal.js'
import { createNetwork, type Network } from './network.js'
import { createRandom, type Random } from './random.js'
import { isLooking, SECOND_MS, type Activity, type Service, type Step } from './week.js'

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

/** How long requests may wait for a refresh that the page's own events begin. */
const AT_ONCE_MS = 2 * SECOND_MS
/** Where nothing tells the page, or the first try fails: the longest back-off, and a check of auto refresh. */
const IN_TIME_MS = 45 * SECOND_MS

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
  const now: Now = { activity: 'sleeps', service: 'up', lookedMs: 0, backUntilMs: 0, clockUntilMs: 0 }
  const network = createNetwork(clock, random)
  const journal = createJournal(clock, network, now)
  const world = open({ clock, network, journal, random })
  let signedIn = false

  async function reach(atMs: number): Promise<void> {
    const leftMs = Math.max(0, atMs - clock.trueMs())
    if (now.activity === 'sleeps') clock.sleep(leftMs)
    else await clock.pass(leftMs)
  }

  function comeBack(forMs: number): void {
    now.backUntilMs = clock.trueMs() + forMs
  }

  function turn(to: Activity): void {
    const looked = isLooking(now.activity)
    now.activity = to
    if (looked && !isLooking(to)) {
      now.lookedMs = clock.trueMs()
      world.hide()
    }
    if (looked || !isLooking(to)) return
    comeBack(AT_ONCE_MS)
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
        comeBack(step.quirk ? IN_TIME_MS : AT_ONCE_MS)
        network.regain()
        break
      case 'hearOnline':
        world.goOnline()
        break
      case 'setClock':
        now.clockUntilMs = clock.trueMs() + IN_TIME_MS
        clock.set(step.byMs)
        world.followClock()
        break
      case 'serve':
        now.service = step.how
        comeBack(IN_TIME_MS)
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
