import { between, createRandom, type Random } from './random.js'

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/**
 * What the user does from now on:
 *
 * - `works`: looks at the page, which makes requests.
 * - `idles`: leaves the page open, and is elsewhere.
 * - `hides`: looks at something else; the page is quiet.
 * - `polls`: looks at something else; the page goes on asking, once a minute.
 * - `sleeps`: the lid is closed. The wall clock goes on, the monotonic clock and timers stand still.
 */
export type Activity = 'works' | 'idles' | 'hides' | 'polls' | 'sleeps'

/**
 * How the network is missed: the browser has not noticed; it says `online` before the network is there; calls hang for a
 * while before they fail.
 */
export type Quirk = 'unnoticed' | 'flaps' | 'hangs'
export type Service = 'up' | 'throttled' | 'serviceError'

/** Something that happens at a moment of the week, in milliseconds since Monday 0:00 by a clock that is right. */
export type Step = { readonly atMs: number } & (
  | { readonly does: 'turn'; readonly to: Activity }
  | { readonly does: 'ask'; readonly count: number }
  | { readonly does: 'switchTabs' }
  | { readonly does: 'loseNetwork' | 'regainNetwork'; readonly quirk: Quirk | undefined }
  /** The browser says so, rightly or not. */
  | { readonly does: 'hearOnline' }
  | { readonly does: 'setClock'; readonly byMs: number }
  | { readonly does: 'serve'; readonly how: Service }
  | { readonly does: 'end' }
)

/** The first call after the browser says so then still fails. */
const FLAP_MS = 1_500

const STORY: readonly (readonly Step[])[] = [
  // Signs in on the train. The last tunnel begins before the token would be refreshed, and ends after it has expired.
  turn('Mon 07:40', 'works'),
  tunnel('Mon 07:52', 2),
  tunnel('Mon 08:10', 3, 'flaps'),
  tunnel('Mon 08:34:20', 6),
  turn('Mon 08:55', 'sleeps'),
  turn('Mon 09:00', 'works'),
  // Lunch with the lid closed; the network is late.
  turn('Mon 12:30', 'sleeps'),
  wakesOffline('Mon 13:30', 3),
  turn('Mon 13:30', 'works'),
  turn('Mon 15:00', 'hides'),
  turn('Mon 16:00', 'works'),
  turn('Mon 17:30', 'works'),
  tunnel('Mon 17:42', 4),
  tunnel('Mon 17:58', 1, 'unnoticed'),
  tunnel('Mon 18:09', 5, 'flaps'),
  turn('Mon 18:30', 'sleeps'),

  // Wakes in a tunnel, after a night, with a network that flaps at its end.
  wakesOffline('Tue 07:40', 130, 'flaps'),
  turn('Tue 07:40', 'works'),
  tunnel('Tue 07:55', 1, 'unnoticed'),
  tunnel('Tue 08:20', 6),
  turn('Tue 08:55', 'sleeps'),
  turn('Tue 09:00', 'works'),
  // Lunch beside an open laptop.
  turn('Tue 12:30', 'idles'),
  turn('Tue 13:30', 'works'),
  turn('Tue 14:00', 'polls'),
  turn('Tue 16:10', 'works'),
  turn('Tue 17:30', 'works'),
  tunnel('Tue 17:50', 2),
  tunnel('Tue 18:05', 3, 'hangs'),
  turn('Tue 18:30', 'sleeps'),
  wakesOffline('Tue 20:00', 3),
  turn('Tue 20:00', 'works'),
  // The laptop stays awake all night, the page is hidden.
  turn('Tue 21:30', 'hides'),

  turn('Wed 07:40', 'works'),
  tunnel('Wed 08:00', 5),
  tunnel('Wed 08:31', 4, 'flaps'),
  turn('Wed 08:55', 'sleeps'),
  turn('Wed 09:00', 'works'),
  // The user sets the clock to summer time by hand.
  setClock('Wed 10:05', 1),
  turn('Wed 11:00', 'hides'),
  turn('Wed 11:45', 'works'),
  turn('Wed 12:30', 'hides'),
  turn('Wed 13:30', 'works'),
  turn('Wed 15:00', 'hides'),
  turn('Wed 15:20', 'works'),
  tunnel('Wed 17:40', 3),
  tunnel('Wed 18:00', 6, 'hangs'),
  turn('Wed 18:30', 'sleeps'),

  wakesOffline('Thu 07:40', 3),
  turn('Thu 07:40', 'works'),
  tunnel('Thu 08:05', 1, 'flaps'),
  tunnel('Thu 08:28', 2),
  turn('Thu 08:55', 'sleeps'),
  turn('Thu 09:00', 'works'),
  // It is set right again.
  setClock('Thu 10:40', -1),
  turn('Thu 12:30', 'sleeps'),
  turn('Thu 13:30', 'works'),
  turn('Thu 15:00', 'hides'),
  turn('Thu 16:30', 'works'),
  tunnel('Thu 17:45', 5),
  turn('Thu 18:30', 'sleeps'),
  turn('Thu 20:00', 'works'),
  turn('Thu 22:00', 'sleeps'),

  turn('Fri 07:40', 'works'),
  turn('Fri 08:55', 'sleeps'),
  turn('Fri 09:00', 'works'),
  // The token becomes due meanwhile, and outlasts it.
  ...serves('Fri 10:18', 10, 'serviceError'),
  // The clock is set back, by as much as the nap takes that follows: to both clocks no time has passed.
  setClock('Fri 12:25', -1),
  turn('Fri 12:30', 'sleeps'),
  wakesOffline('Fri 13:30', 3),
  turn('Fri 13:30', 'works'),
  ...serves('Fri 14:24', 3, 'throttled'),
  setClock('Fri 15:30', 1),
  turn('Fri 16:00', 'hides'),
  turn('Fri 17:00', 'works'),
  // Calls hang until the network is there.
  turn('Fri 17:45', 'sleeps'),
  wakesOffline('Fri 18:50', 5, 'hangs'),
  turn('Fri 18:50', 'works'),
  turn('Fri 19:10', 'sleeps'),

  turn('Sun 16:00', 'works'),
  turn('Sun 16:25', 'sleeps'),
  [{ atMs: timeOf('Sun 24:00'), does: 'end' }],
]

/** The week with its requests and its changes of tabs, in order: the same from the same seed. */
export function planWeek(seed: number): readonly Step[] {
  const random = createRandom(seed)
  const story = STORY.flat()
  const turns = story.filter((step) => step.does === 'turn')
  const use = turns.flatMap(({ atMs, to }, index) => {
    const untilMs = turns[index + 1]?.atMs ?? Infinity
    if (to === 'polls')
      return every(
        atMs,
        untilMs,
        () => MINUTE_MS,
        (askMs) => asks(1, askMs),
      )
    if (to !== 'works') return []
    return [
      // All that a page loads when its user is back.
      ...asks(20, atMs),
      ...every(atMs, untilMs, () => between(random, 5, 90) * SECOND_MS, asksSome(random)),
      ...every(atMs, untilMs, () => between(random, 3, 10) * MINUTE_MS, switchesTabs),
    ]
  })
  // What happens at the same moment stays in this order.
  return [...story, ...use].sort((one, other) => one.atMs - other.atMs)
}

/**
 * How many lifetimes of tokens the week's use takes at most. In use is whoever looks at the page, or asks through it,
 * while there is a network. A token's lifetime of use ends `usableMs` after it was issued, when it may be refreshed, and
 * the next one begins with the next moment of use. (Whoever refreshes later, or less often, needs no more.)
 */
export function lifetimesOfUse(plan: readonly Step[], usableMs: number): number {
  let count = 0
  let nextMs = -Infinity
  const use = (fromMs: number, untilMs: number): void => {
    for (let atMs = Math.max(nextMs, fromMs); atMs <= untilMs; atMs = nextMs) {
      count++
      nextMs = atMs + usableMs
    }
  }
  let looks = false
  let online = true
  let lastMs = 0
  for (const step of plan) {
    if (looks && online) use(lastMs, step.atMs)
    lastMs = step.atMs
    if (step.does === 'turn') looks = isLooking(step.to)
    if (step.does === 'loseNetwork') online = false
    if (step.does === 'regainNetwork') online = true
    if (step.does === 'ask' && online) use(lastMs, lastMs)
  }
  return count
}

/** Whether the page is visible. */
export function isLooking(activity: Activity): boolean {
  return activity === 'works' || activity === 'idles'
}

/** `'Mon 07:40'`, `'Mon 08:34:10'` */
export function timeOf(text: string): number {
  const [day = '', time = ''] = text.split(' ')
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number)
  return DAYS.indexOf(day) * 24 * HOUR_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS
}

function turn(at: string, to: Activity): readonly Step[] {
  return [{ atMs: timeOf(at), does: 'turn', to }]
}

function setClock(at: string, byHours: number): readonly Step[] {
  return [{ atMs: timeOf(at), does: 'setClock', byMs: byHours * HOUR_MS }]
}

function serves(at: string, minutes: number, how: Service): readonly (readonly Step[])[] {
  const atMs = timeOf(at)
  return [[{ atMs, does: 'serve', how }], [{ atMs: atMs + minutes * MINUTE_MS, does: 'serve', how: 'up' }]]
}

/** The user, who sees the light, tries again. */
function tunnel(at: string, minutes: number, quirk?: Quirk): readonly Step[] {
  const atMs = timeOf(at)
  const backMs = atMs + minutes * MINUTE_MS
  return [...gap(atMs, backMs - atMs, quirk), ...asks(3, backMs + 8 * SECOND_MS)]
}

/** What the page could not load is asked for again when the browser says that it is online, or when it has failed. */
function wakesOffline(at: string, seconds: number, quirk?: Quirk): readonly Step[] {
  const afterMs = quirk === 'hangs' ? 100 : 0
  return gap(timeOf(at), seconds * SECOND_MS, quirk).flatMap((step) =>
    step.does === 'hearOnline' ? [step, ...asks(3, step.atMs + afterMs)] : [step],
  )
}

function gap(atMs: number, forMs: number, quirk?: Quirk): readonly Step[] {
  const backMs = atMs + forMs
  const heardMs = quirk === 'flaps' ? backMs - FLAP_MS : backMs
  const lost: Step = { atMs, does: 'loseNetwork', quirk }
  const back: Step = { atMs: backMs, does: 'regainNetwork', quirk }
  if (quirk === 'unnoticed') return [lost, back]
  return [lost, back, { atMs: heardMs, does: 'hearOnline' }]
}

function asks(count: number, atMs: number): readonly Step[] {
  return [{ atMs, does: 'ask', count }]
}

function switchesTabs(atMs: number): readonly Step[] {
  return [{ atMs, does: 'switchTabs' }]
}

/** Mostly one, at times some in parallel, now and then what a whole page needs. */
function asksSome(random: Random): (atMs: number) => readonly Step[] {
  return (atMs) => {
    const dice = random()
    return asks(dice < 0.02 ? 20 : dice < 0.15 ? Math.ceil(between(random, 1, 6)) : 1, atMs)
  }
}

function every(
  fromMs: number,
  untilMs: number,
  pauseMs: () => number,
  step: (atMs: number) => readonly Step[],
): readonly Step[] {
  const steps: Step[] = []
  for (let atMs = fromMs + pauseMs(); atMs < untilMs; atMs += pauseMs()) steps.push(...step(Math.round(atMs)))
  return steps
}
