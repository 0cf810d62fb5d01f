import fc from 'fast-check'
import { CLIENTS, type Client } from './clients.js'
import type { Change, History, User } from './journal.js'
import { ANSWERS, SIGN_INS, type SessionPlan } from './session.js'
import { beginTime, createWorld, DEADLINE_MS, PATHS, rest, type Path, type World } from './world.js'

export type Step =
  | { do: 'request'; client: Client; path: Path; abortable: boolean }
  | { do: 'ask'; how: 'plainly' | 'forced'; abortable: boolean }
  /** A client of the application's own, with the `nth` token that anybody sent. */
  | { do: 'renew'; nth: number; abortable: boolean }
  | { do: 'abort'; nth: number }
  /** The `nth` outstanding answer, of the API or of the token provider, arrives. */
  | { do: 'answer'; nth: number }
  | { do: 'pass'; ms: number }
  | { do: 'setClock'; aheadMs: number }
  | { do: 'revoke' | 'online' | 'close' | 'signOut' | 'startAutoRefresh' }
  /** Elsewhere, and told at once or not at all. */
  | { do: 'switch'; user: User | undefined; told: boolean }
  | { do: 'refreshElsewhere'; change: Change | undefined }

export interface Plan extends SessionPlan {
  readonly steps: readonly Step[]
  /** After each step this many microtasks go by; none given: until everything rests. */
  readonly ticks: readonly number[]
  /** What `Math.random` gives: the jitter of the back-off. */
  readonly random: number
}

const nth = fc.nat({ max: 5 })
const abortable = fc.boolean()

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('answer' as const), nth }) },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      client: fc.constantFrom(...CLIENTS),
      path: fc.oneof({ weight: 6, arbitrary: fc.constant('/open' as const) }, fc.constantFrom(...PATHS)),
      abortable,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      how: fc.constantFrom('plainly' as const, 'forced' as const),
      abortable,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), nth, abortable }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), nth }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(10, 150, 700, 1_200, DEADLINE_MS, 45_000, 70_000),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'revoke' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('switch' as const),
      user: fc.constantFrom('bob' as const, 'alice' as const, undefined),
      told: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({
        do: fc.constant('refreshElsewhere' as const),
        change: fc.constantFrom('tokenRefresh' as const, 'signedIn' as const, undefined),
      }),
      fc.record({
        do: fc.constant('setClock' as const),
        aheadMs: fc.constantFrom(-3_600_000, -30_000, 30_000, 3_600_000),
      }),
      fc.record({
        do: fc.constantFrom(
          'online' as const,
          'close' as const,
          'signOut' as const,
          'startAutoRefresh' as const,
        ),
      }),
    ),
  },
)

const answers = (good: number): fc.Arbitrary<SessionPlan['reads']> =>
  fc.array(
    fc.oneof({ weight: good, arbitrary: fc.constant('tokens' as const) }, fc.constantFrom(...ANSWERS)),
    {
      maxLength: 8,
    },
  )

/** Every refresh fails, again and again. */
const outage = fc
  .constantFrom('offline' as const, 'throttled' as const, 'broken' as const, 'garbage' as const)
  .map((answer) => Array.from({ length: 8 }, () => answer))

/** A token that is due, and requests with time between them. */
const dueForLong = fc
  .array(fc.tuple(fc.constantFrom(150, 700, 1_200), step), { maxLength: 12, size: 'max' })
  .map((rounds): Step[] => [
    { do: 'answer', nth: 0 },
    { do: 'pass', ms: 45_000 },
    ...rounds.flatMap(([ms, then]): Step[] => [
      { do: 'request', client: 'axios', path: '/open', abortable: false },
      { do: 'answer', nth: 0 },
      { do: 'answer', nth: 0 },
      { do: 'pass', ms },
      then,
    ]),
  ])

/** Plans for worlds; `ragged` ones leave no rest between steps. */
export function plans(ragged: boolean): fc.Arbitrary<Plan> {
  return fc.record({
    refreshes: fc.oneof({ weight: 3, arbitrary: answers(3) }, outage),
    reads: answers(20),
    readsEarly: fc.boolean(),
    signIns: fc.option(fc.array(fc.constantFrom(...SIGN_INS), { maxLength: 3 }), { nil: undefined }),
    random: fc.constantFrom(0, 0.5, 0.999),
    steps: fc.oneof(
      { weight: 3, arbitrary: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }) },
      dueForLong,
    ),
    ticks: ragged ? fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 8 }) : fc.constant([]),
  })
}

/** Lives through a plan, then answers everything and lets time pass until nobody waits any more. */
export async function live(plan: Plan): Promise<History> {
  beginTime()
  jest.spyOn(Math, 'random').mockReturnValue(plan.random)
  // What the application throws when it is asked to sign in is printed.
  jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const answers: (() => void)[] = []
  const world = createWorld(plan, () => new Promise((resolve) => answers.push(resolve)))
  const answer = (nth: number): void => answers.splice(nth % answers.length, 1)[0]?.()
  // Most lives begin with a token in hand.
  world.request('fetch', '/open', false)
  await rest()
  for (const [index, next] of plan.steps.entries()) {
    await take(next, world, answer, plan.ticks.length > 0)
    await pause(plan.ticks[index % plan.ticks.length])
  }
  for (let rounds = 0; rounds < 100 && (world.waiting.size > 0 || answers.length > 0); rounds++) {
    for (const arrive of answers.splice(0)) arrive()
    await rest()
    if (answers.length === 0) jest.advanceTimersByTime(DEADLINE_MS)
    await rest()
  }
  const history = world.history(plan.ticks.length > 0)
  world.manager.close()
  return history
}

async function take(next: Step, world: World, answer: (nth: number) => void, ragged: boolean): Promise<void> {
  switch (next.do) {
    case 'request':
      world.request(next.client, next.path, next.abortable)
      return
    case 'ask':
      world.getToken({ forceRefresh: next.how === 'forced' }, next.abortable)
      return
    case 'renew': {
      const tokens = world.facts.flatMap((fact) => (fact.type === 'sent' && fact.token ? [fact.token] : []))
      const rejectedToken = tokens[next.nth % tokens.length]
      if (rejectedToken) world.getToken({ rejectedToken, route: 'own client' }, next.abortable)
      return
    }
    case 'abort':
      await world.abort(next.nth, ragged ? undefined : rest)
      return
    case 'answer':
      answer(next.nth)
      return
    case 'pass':
      // Microtasks take no time.
      await rest()
      jest.advanceTimersByTime(next.ms)
      await rest()
      return
    case 'setClock':
      world.setClock(next.aheadMs)
      return
    case 'revoke':
      world.session.revoke()
      return
    case 'online':
      world.online()
      return
    case 'startAutoRefresh':
      world.startAutoRefresh()
      return
    case 'signOut':
      world.signOut()
      return
    case 'close':
      world.close()
      return
    case 'switch':
      world.session.become(next.user)
      if (next.told) world.session.tell(next.user ? 'signedIn' : 'signedOut')
      return
    case 'refreshElsewhere':
      world.session.refresh()
      if (next.change) world.session.tell(next.change)
  }
}

async function pause(ticks: number | undefined): Promise<void> {
  if (ticks === undefined) return rest()
  for (let i = 0; i < ticks; i++) await Promise.resolve()
}
