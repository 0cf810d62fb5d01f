import { inspect } from 'node:util'
import { SECRET, subjectOf, type DatedFact, type History } from './journal.js'

/** For how long the manager is sure whose session it is, after it has looked. */
const LOOK_LASTS_MS = 1_000

/** What is wrong with a history; nothing if all is well. */
export type Invariant = (history: History) => string[]

/** Goes through the facts in their order; what `look` says of one is a violation. */
function walk(
  { facts }: History,
  look: (fact: DatedFact, index: number) => string | false | undefined,
): string[] {
  return facts.flatMap((fact, index) => {
    const complaint = look(fact, index)
    return complaint ? [`at ${fact.atMs} ms (fact ${index}): ${complaint}`] : []
  })
}

/** The answers that the manager may use, with the facts at which their calls began. */
function answersInTime({ facts, deadlineMs }: History): Map<number, number> {
  const calls = new Map<number, { index: number; atMs: number }>()
  const inTime = new Map<number, number>()
  let changedAt = -1
  for (const [index, fact] of facts.entries()) {
    if (fact.type === 'called') calls.set(fact.call, { index, atMs: fact.atMs })
    if (isChangeOfUser(fact)) changedAt = index
    const call = fact.type === 'answered' && !fact.failed && calls.get(fact.call)
    if (call && call.index > changedAt && fact.atMs - call.atMs < deadlineMs) inTime.set(index, call.index)
  }
  return inTime
}

function isChangeOfUser(fact: DatedFact): boolean {
  return (
    (fact.type === 'changed' && fact.change !== 'tokenRefresh') ||
    fact.type === 'closed' ||
    fact.type === 'signingOut'
  )
}

const oneCallAtATime: Invariant = (history) => {
  /** When the visits of calls without an answer began. */
  const open = new Map<number, number>()
  let read: { answeredAtMs: number; beganAtMs: number } | undefined
  return walk(history, (fact) => {
    if (fact.type === 'answered') {
      const beganAtMs = open.get(fact.call) ?? 0
      read = { answeredAtMs: fact.atMs, beganAtMs }
      open.delete(fact.call)
    }
    // Whoever signs in next does not wait for the last user's refresh.
    if (fact.type === 'changed' && fact.change === 'signedOut') open.clear()
    if (fact.type !== 'called') return false
    const others = [...open.values()].filter((beganAtMs) => fact.atMs - beganAtMs < history.deadlineMs)
    // A refresh that follows a read has what is left of the read's deadline.
    const follows = fact.forced && read?.answeredAtMs === fact.atMs
    open.set(fact.call, follows && read ? read.beganAtMs : fact.atMs)
    return others.length > 0 && `call ${fact.call} beside another`
  })
}

const closedAsksNothing: Invariant = (history) => {
  let closed = false
  return walk(history, (fact) => {
    closed ||= fact.type === 'closed'
    return closed && fact.type === 'called' && `call ${fact.call} after the end`
  })
}

const noThirdSend: Invariant = (history) => {
  const sends = new Map<number, number>()
  return walk(history, (fact) => {
    if (fact.type !== 'sent') return false
    const times = (sends.get(fact.caller) ?? 0) + 1
    sends.set(fact.caller, times)
    return times > 2 && `send ${times} of ${fact.caller}`
  })
}

const oneUserPerRequest: Invariant = (history) => {
  /** Whose token callers asked with, asked in sight of, or were sent with. */
  const owners = new Map<number, string | undefined>()
  /** The user in hand, when that is certain. */
  let user: string | undefined
  let lookedAtMs = -Infinity
  const inTime = answersInTime(history)
  return walk(history, (fact, index) => {
    if (fact.type === 'changed') lookedAtMs = -Infinity
    if (fact.type === 'changed' && fact.change !== 'tokenRefresh') user = undefined
    if (fact.type === 'told' && /signed|Changed|Expired/.test(fact.event.type)) user = undefined
    // The application may be signing in somebody: whom, nobody knows yet.
    if (fact.type === 'reauthenticating' || fact.type === 'signingOut') user = undefined
    if (inTime.has(index)) lookedAtMs = fact.atMs
    if (fact.type === 'asked') {
      // Without rest between the steps, a change may be under way that nobody was told of yet.
      const certain = !history.ragged && fact.atMs - lookedAtMs < LOOK_LASTS_MS
      const owner = fact.owner ?? (certain ? user : undefined)
      if (owner) owners.set(fact.caller, owner)
    }
    if (fact.type !== 'sent' && fact.type !== 'got') return false
    const subject = fact.token && subjectOf(fact.token)
    const owner = owners.has(fact.caller) ? owners.get(fact.caller) : subject
    owners.set(fact.caller, owner)
    user = subject
    return (
      subject !== owner &&
      `${fact.caller} asked for ${owner ?? 'nobody'}, ${fact.type} ${subject ?? 'nothing'}`
    )
  })
}

const everybodySettles: Invariant = ({ facts }) => {
  const waiting = new Set<number>()
  for (const fact of facts) {
    if (fact.type === 'asked') waiting.add(fact.caller)
    if (fact.type === 'settled') waiting.delete(fact.caller)
  }
  return [...waiting].map((caller) => `${caller} waits for ever`)
}

const backoffIsKept: Invariant = (history) => {
  let untilMs = -Infinity
  let answered: string | undefined
  let handed: string | undefined
  const reads = new Set<number>()
  return walk(history, (fact) => {
    if (fact.type === 'sent' || fact.type === 'got') handed = fact.token
    // Told of a change, of the network, or finding one: then another attempt is worth it. The wall clock counts as well.
    if (fact.type === 'changed' || fact.type === 'online' || fact.type === 'clockSet') untilMs = -Infinity
    if (fact.type === 'answered' && !fact.failed) {
      if (reads.has(fact.call) && (fact.token !== answered || fact.token !== handed)) untilMs = -Infinity
      answered = fact.token
    }
    if (fact.type === 'told' && fact.event.type === 'refreshed') untilMs = -Infinity
    if (fact.type === 'told' && fact.event.type === 'refreshFailed' && fact.event.retryAfterMs > 0) {
      untilMs = fact.atMs + fact.event.retryAfterMs
    }
    if (fact.type !== 'called') return false
    if (!fact.forced) reads.add(fact.call)
    return (
      fact.forced && fact.atMs < untilMs && `refresh ${fact.call} although ${untilMs - fact.atMs} ms to wait`
    )
  })
}

const abortedIsNeverSent: Invariant = (history) => {
  const aborted = new Set<number>()
  return walk(history, (fact) => {
    if (fact.type === 'aborted') aborted.add(fact.caller)
    if (fact.type === 'lingered') return `${fact.caller} did not reject at once`
    const tooLate = fact.type === 'sent' || (fact.type === 'got' && !history.ragged)
    return tooLate && aborted.has(fact.caller) && `${fact.type} by ${fact.caller}, which was aborted`
  })
}

const noListenerIsLeft: Invariant = ({ listeners }) => listeners.map((caller) => `on the signal of ${caller}`)

const noTokenLeaks: Invariant = (history) => {
  const leak = (text: string, where: string): string | false =>
    text.includes(SECRET) && `in ${where}: ${text}`
  const inStats = leak(inspect(history.stats) + JSON.stringify(history.stats), 'stats')
  const others = walk(history, (fact) => {
    if (fact.type === 'told') return leak(JSON.stringify(fact.event), 'an event')
    return fact.type === 'settled' && leak(inspect(fact.error, { depth: 6 }), 'an error')
  })
  return inStats ? [inStats, ...others] : others
}

const signedOutIsOut: Invariant = (history) => {
  let isSigningOut = false
  return walk(history, (fact) => {
    if (fact.type === 'signingOut') isSigningOut = true
    if (fact.type === 'signedOut') isSigningOut = false
    const isUsed = (fact.type === 'sent' || fact.type === 'got') && fact.token
    // Without rest, a token may have been handed out in the very moment of the call.
    return isUsed && isSigningOut && !history.ragged && `${fact.type} by ${fact.caller} during a sign-out`
  })
}

const askedOnce: Invariant = (history) => {
  let sinceMs: number | undefined
  return walk(history, (fact) => {
    if (fact.type === 'told' && /signed|Changed|Expired/.test(fact.event.type)) sinceMs = undefined
    if (fact.type !== 'reauthenticating') return false
    const again = !fact.answered && sinceMs !== undefined
    sinceMs = fact.answered ? undefined : fact.atMs
    return again && 'asked to sign in while asked to sign in'
  })
}

const lateAnswersAreDropped: Invariant = (history) => {
  const inTime = answersInTime(history)
  /** Since when a token may be handed out: the fact at which a call began that brought it in time. */
  const brought = new Map<string | undefined, number>()
  const asked = new Map<number, number>()
  let changedAt = -1
  return walk(history, (fact, index) => {
    if (fact.type === 'asked') asked.set(fact.caller, index)
    if (isChangeOfUser(fact)) changedAt = index
    if (fact.type === 'answered') brought.set(fact.token, inTime.get(index) ?? brought.get(fact.token) ?? -1)
    if ((fact.type !== 'sent' && fact.type !== 'got') || !fact.token) return false
    const beganAt = brought.get(fact.token) ?? -1
    if (beganAt < 0) return `${fact.token} was brought too late, if at all`
    // Who asked after a change gets what was looked up after it.
    const askedAfter = (asked.get(fact.caller) ?? 0) > changedAt
    return askedAfter && beganAt < changedAt && `${fact.token} is from before the change`
  })
}

export const INVARIANTS: readonly (readonly [name: string, invariant: Invariant])[] = [
  [
    'never two provider calls at once, unless the earlier one has timed out or was a signed-out user’s',
    oneCallAtATime,
  ],
  ['a closed manager asks its provider for nothing', closedAsksNothing],
  ['never a third send of one request', noThirdSend],
  ['no request and no caller gets another user’s token than the first', oneUserPerRequest],
  ['every caller settles', everybodySettles],
  ['no refresh during a back-off', backoffIsKept],
  ['an aborted caller rejects at once and is not sent any more', abortedIsNeverSent],
  ['no abort listener is left behind', noListenerIsLeft],
  ['no token in events, statistics and errors', noTokenLeaks],
  ['during a sign-out nobody gets a token', signedOutIsOut],
  ['the application is asked to sign its user in once at a time', askedOnce],
  ['an answer after a timeout, a sign-out or a switch of users is never used', lateAnswersAreDropped],
]
