import type { Plan, Step } from './steps.js'

const calm = { refreshes: [], reads: [], readsEarly: false, random: 0, ticks: [] }
const answer = (nth: number): Step => ({ do: 'answer', nth })
const pass = (ms: number): Step => ({ do: 'pass', ms })
const signIn: Step = { do: 'switch', user: 'alice', told: true }
const renew: Step = { do: 'renew', nth: 0, abortable: false }

/** Lives that went wrong once; every property visits them first. */
export const REGRESSIONS: readonly Plan[] = [
  // Closed while a look at what is stored is under way, and another one that a sign-in asked for is queued behind it.
  { ...calm, steps: [signIn, { do: 'close' }] },
  // A refresh that brought no bearer token, and somebody who asks for one during the back-off.
  {
    ...calm,
    refreshes: ['garbage'],
    steps: [answer(0), renew, answer(1), answer(1), { do: 'ask', how: 'forced', abortable: false }],
  },
  // A sign-in that is heard of between the end of a refresh and the moment in which those who waited for it go on.
  ...[4, 5, 6].map((ticks) => ({
    ...calm,
    ticks: [ticks],
    steps: [answer(0), pass(10), renew, pass(10), answer(1), pass(10), answer(1), signIn],
  })),
]
