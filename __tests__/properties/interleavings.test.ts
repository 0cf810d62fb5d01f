import fc from 'fast-check'
import { isBearerError } from '../../src/index.js'
import { INVARIANTS } from './invariants.js'
import type { DatedFact, Fact } from './journal.js'
import { live, plans } from './steps.js'
import { RUNS } from './runs.js'

jest.setTimeout(RUNS * 200)

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
      { numRuns: RUNS },
    )
  })
})

it('visits worlds in which everything does happen', async () => {
  const seen = new Set<string>()
  for (const plan of fc.sample(plans(false), { numRuns: 200, seed: 1 })) {
    const { facts } = await live(plan)
    for (const fact of facts) seen.add(nameOf(fact))
    if (facts.some((fact, index) => isSentAgain(fact, facts.slice(0, index)))) seen.add('replay')
  }
  for (const name of [
    ...['replay', 'aborted', 'refreshed: due', 'refreshed: expired', 'refreshed: rejected', 'refreshed: forced'],
    ...['signedIn', 'signedOut', 'userChanged', 'sessionExpired', 'replayed'],
    ...['refreshFailed: offline', 'refreshFailed: throttled', 'refreshFailed: serviceError'],
    ...['refreshFailed: refreshTimeout', 'refreshFailed: invalidToken', 'refreshFailed: sessionExpired'],
    ...['rejected: signedOut', 'rejected: userChanged', 'rejected: tokenRefused', 'rejected: closed'],
  ]) {
    expect(seen).toContain(name)
  }
})

function isSentAgain(fact: Fact, before: readonly DatedFact[]): boolean {
  return fact.type === 'sent' && before.some(({ type, ...rest }) => type === 'sent' && 'caller' in rest && rest.caller === fact.caller)
}

function nameOf(fact: Fact): string {
  if (fact.type === 'settled') return isBearerError(fact.error) ? `rejected: ${fact.error.code}` : fact.type
  if (fact.type !== 'told') return fact.type
  const { event } = fact
  if (event.type === 'refreshed') return `refreshed: ${event.reason}`
  return event.type === 'refreshFailed' ? `refreshFailed: ${event.code}` : event.type
}
