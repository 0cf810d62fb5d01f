import { AxiosError } from 'axios'
import fc from 'fast-check'
import { isBearerError } from '../../src/index.js'
import { INVARIANTS } from './invariants.js'
import type { Fact } from './journal.js'
import { live, plans } from './steps.js'
import { REGRESSIONS } from './regressions.js'
import { LIMIT_MS, RUNS } from './runs.js'

jest.setTimeout(LIMIT_MS)

afterEach(() => {
  jest.useRealTimers()
})

describe.each([
  ['after each step everything comes to rest', false],
  ['steps are a few microtasks apart', true],
])('whatever happens, when %s', (_, ragged) => {
  it.each(INVARIANTS)('%s', async (_name, invariant) => {
    await fc.assert(
      fc.asyncProperty(plans(ragged), async (plan) => {
        expect(invariant(await live(plan))).toEqual([])
      }),
      { numRuns: RUNS, examples: REGRESSIONS.map((plan) => [plan]) },
    )
  })
})

it('visits worlds in which everything does happen', async () => {
  const seen = new Set<string>()
  for (const plan of fc.sample(plans(false), { numRuns: 200, seed: 1 })) {
    const { facts } = await live(plan)
    for (const fact of facts) seen.add(nameOf(fact))
  }
  for (const name of [
    ...['aborted', 'refreshed: due', 'refreshed: expired', 'refreshed: rejected', 'refreshed: forced'],
    ...['signedIn', 'signedOut', 'userChanged', 'sessionExpired', 'replayed'],
    ...['refreshFailed: offline', 'refreshFailed: throttled', 'refreshFailed: serviceError'],
    ...['refreshFailed: refreshTimeout', 'refreshFailed: invalidToken', 'refreshFailed: sessionExpired'],
    ...['signingOut', 'signedOut', 'reauthenticating'],
    ...['rejected: signedOut', 'rejected: userChanged', 'rejected: tokenRefused', 'rejected: closed'],
  ]) {
    expect(seen).toContain(name)
  }
})

function nameOf(fact: Fact): string {
  if (fact.type === 'settled') {
    const { error } = fact
    const reason = error instanceof AxiosError ? error.cause : error
    return isBearerError(reason) ? `rejected: ${reason.code}` : fact.type
  }
  if (fact.type !== 'told') return fact.type
  const { event } = fact
  if (event.type === 'refreshed') return `refreshed: ${event.reason}`
  return event.type === 'refreshFailed' ? `refreshFailed: ${event.code}` : event.type
}
