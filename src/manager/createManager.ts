import { assertFunction, assertOption, BearerError } from '../errors.js'
import { dispose, platform } from '../platform.js'
import { currentInstant } from '../token/instant.js'
import { leftMs, readToken } from '../token/token.js'
import { keepChecking } from './autoRefresh.js'
import { leftOfMs, prolong, reasonOf, type Cooldowns } from './cooldown.js'
import { createFigures } from './figures.js'
import { pageLifecycle } from './lifecycle.js'
import { createListeners } from './listeners.js'
import { needOf, type Hand, type Held, type Wish } from './need.js'
import { readOptions } from './options.js'
import { startReauthentication, type Reauthentication } from './reauthentication.js'
import { remember } from './remember.js'
import type { TokenSource } from './source.js'
import { takeTurn } from './takeTurn.js'
import type {
  AutoRefreshOptions,
  RefreshReason,
  SignOutOptions,
  TokenManager,
  TokenManagerOptions,
  TokenOutcome,
  TokenProvider,
} from './types.js'
import { underLock } from './underLock.js'
import { createVisit, type Outcome, type Visit } from './visit.js'
import { abortReason, waitFor } from './waiting.js'

/** What is in hand is looked up again when it is used this long after the last look. */
const REREAD_AFTER_MS = 1_000
/** How long a request with a good token waits for that look, however slow the storage. */
const PATIENCE_MS = 100
/** How long a request without one waits while the platform says that there is no network: it may be wrong. */
const OFFLINE_PATIENCE_MS = 1_000
/** The token that comes with another. */
const COMPANION = { access: 'idToken', id: 'accessToken' } as const
/** The names of cooldowns that are no route's. */
const BACKOFF = 'backoff'
const ANYWHERE = 'anywhere'

/** It may be over in a moment. After a refresh that timed out that moment has passed already. */
const isPassing = (error: BearerError | undefined): boolean =>
  !!error?.retryable && error.code !== 'refreshTimeout'

const yes = (): boolean => true

const isOffline = (): boolean => platform.navigator?.onLine === false

/** Everything that changes lives here; what can be computed from it are functions of their own beside this file. */
export function createManager(
  { provider, watch, wasRejected, isForOneRequest, lockName = () => 'amplify-bearer' }: TokenSource,
  toBearerError: (cause: unknown) => BearerError,
  options: TokenManagerOptions,
): TokenManager {
  assertFunction((Object(provider) as Partial<TokenProvider>).getTokens, 'tokenProvider.getTokens')
  const { tokenUse, refreshWindowMs, refreshTimeoutMs, lock, reauthenticate, patience } = readOptions(options)
  const { subscribe, emit, clear } = createListeners()
  const { waited, refreshed, failed, replayed, stats } = createFigures(emit)
  /** The users of past tokens: requests come back with ones that were replaced long ago. */
  const owners = new Map<string, unknown>()
  /** What keeps requests from refreshing: a failure, or a fresh token that was refused, by route and anywhere. */
  const cooldowns: Cooldowns = new Map()
  let acceptedToken: string | undefined
  let hand: Hand
  /** What listeners were last told of; unlike `hand` it outlives doubts. */
  let known: Hand
  let ended: 'signedOut' | 'sessionExpired' = 'signedOut'
  let seenMs = -Infinity
  let current: Visit | undefined
  let reauthentication: Reauthentication | undefined
  let signingOut: Promise<void> | undefined
  let previous: Promise<unknown> = Promise.resolve()
  const life = new AbortController()
  const unwatch = watch?.(follow)
  if (!isForOneRequest) platform.addEventListener?.('online', comeOnline)

  // --- What is in hand ---

  /** `end`: how the session ended, from somebody who knows; otherwise only that nobody was found. */
  function become(next: Held | null, end?: typeof ended): void {
    const before = known
    let change: 'signedIn' | 'userChanged' | typeof ended | undefined
    if (reauthentication) {
      // Nobody is told until the application has answered. Storage may still show what was lost.
      if (!end && (!next || next.value === before?.value)) {
        hand = null
        return
      }
      endReauthentication()
    }
    hand = known = next
    if (next) {
      remember(owners, next.value, next.subject)
      if (before === null) change = 'signedIn'
      else if (before && before.subject !== next.subject) change = 'userChanged'
    } else if (before !== null && (before || end)) change = ended = end ?? 'signedOut'
    if (change) emit({ type: change })
  }

  /** The grant was rejected: the application may sign its user in again before anybody is told. */
  function expire(): void {
    if (!reauthenticate || known === null) {
      become(null, 'sessionExpired')
      return
    }
    hand = null
    ended = 'sessionExpired'
    const conclude = async (signedIn: boolean): Promise<void> => {
      if (asked !== reauthentication) return
      // Whoever it was may have signed in elsewhere. What began to look earlier may not have seen it.
      doubt()
      start({})
      while (current) await current.outcome
      if (asked !== reauthentication) return
      reauthentication = undefined
      if (!signedIn || hand === null) become(null, 'sessionExpired')
    }
    const asked = (reauthentication ??= startReauthentication(
      reauthenticate,
      known?.tokens,
      patience,
      conclude,
    ))
  }

  function endReauthentication(): void {
    reauthentication?.end()
    reauthentication = undefined
  }

  /** Whoever has a look next is to find out. */
  function doubt(): void {
    hand = undefined
    abandon()
  }

  function needOfHand(request: Wish): RefreshReason | undefined {
    return needOf(hand, request, currentInstant(), refreshWindowMs)
  }

  /** Follows what others did to the session. */
  function follow(change: string): void {
    if (life.signal.aborted || signingOut) return
    resetBackoff()
    seenMs = -Infinity
    // Another token of the same session: nothing changes but for those who wait to get one themselves.
    if (change === 'tokenRefresh' && !current?.replaceable) return
    if (change === 'signedOut') {
      become(null, change)
      // The next user does not wait for the last one's refresh.
      previous = Promise.resolve()
    } else if (change === 'sessionExpired') {
      if (known) expire()
    } else hand = undefined
    abandon()
    if (change === 'signedIn') {
      known ??= null
      start({})
    }
  }

  // --- Visits to the token provider ---

  /** Starts a visit. One runs at a time: an abandoned one may still be under way, until it ends, times out, or its user signs out. */
  function start(request: Wish): Visit {
    const visit = (current = createVisit())
    previous = previous.then(async () => {
      if (visit !== current) return
      const startedMs = performance.now()
      const outcome = await waitFor(
        pay(visit, request),
        { error: new BearerError('refreshTimeout') },
        refreshTimeoutMs,
        life.signal,
      )
      if (visit !== current) return
      seenMs = performance.now()
      announce(visit, outcome, seenMs - startedMs)
      // Not before the listeners were told: a refresh that one of them asks for joins this one instead of following it.
      if (visit === current) {
        current = undefined
        if (outcome.error?.code === 'sessionExpired') expire()
      }
      // Who waited for one that began without a network looks once more.
      visit.end(visit.outdated && isPassing(outcome.error) ? {} : outcome)
    })
    return visit
  }

  /** Lets everyone who waits look again; what the running visit brings is not used. */
  function abandon(): void {
    current?.end({})
    current = undefined
  }

  /** Looks what is stored, and has it refreshed if need be. */
  async function pay(visit: Visit, request: Wish): Promise<Outcome> {
    try {
      const need = await look(visit, request)
      if (!need) return {}
      visit.refreshing = request.inBackground ? 'background' : 'foreground'
      const name = lockName()
      if (!lock || !name) return await refresh(visit, need)
      visit.replaceable = !request.forceRefresh
      // Whoever had the lock before may have refreshed.
      return await underLock(lock, name, visit, async () => refresh(visit, await look(visit, request)))
    } catch (cause) {
      return { error: toBearerError(cause) }
    }
  }

  /** Whether a refresh is needed, once it is known what is stored. */
  async function look(visit: Visit, request: Wish): Promise<RefreshReason | undefined> {
    if (!request.forceRefresh) await ask(visit)
    visit.found ??= hand?.value
    return visit === current && !reasonOf(cooldowns, BACKOFF) ? needOfHand(request) : undefined
  }

  async function refresh(visit: Visit, need: RefreshReason | undefined): Promise<Outcome> {
    if (need) await ask(visit, need)
    return { refreshed: need }
  }

  /** Asks the provider for what is stored or, with a reason, for newly issued tokens. */
  async function ask(visit: Visit, reason?: RefreshReason): Promise<void> {
    if (visit !== current) return
    const before = hand
    // A token's age counts from before the call: it never looks younger than it is.
    const receivedAt = currentInstant()
    const tokens = await provider.getTokens({ forceRefresh: !!reason })
    if (visit !== current) return
    if (tokens) {
      const jwt = tokens[`${tokenUse}Token`]
      const token = readToken(
        jwt,
        receivedAt,
        reason ? undefined : (tokens.clockDrift ?? known?.issuerAheadMs ?? 0),
      )
      if (!token) throw new BearerError('invalidToken')
      // The same token again says nothing new about its age, and is no answer to the wish for a better one.
      const companion = readToken(tokens[COMPANION[tokenUse]], receivedAt, token.issuerAheadMs)
      if (token.value !== before?.value) become({ ...token, tokens, companion })
      else {
        Object.assign(before, { tokens, companion })
        if (reason && reason !== 'forced') throw new BearerError('serviceError')
      }
    } else {
      const isRejected = known && !reauthentication && (await wasRejected?.())
      if (visit !== current) return
      // A provider that refreshes what it finds expired, as Amplify does, has nothing to return when that was rejected.
      if (isRejected ?? (before && (reason ?? leftMs(before, receivedAt) <= 0)))
        throw new BearerError('sessionExpired')
      become(null)
    }
    if (reason ?? hand !== before) resetBackoff()
  }

  function announce({ outdated }: Visit, outcome: Outcome, durationMs: number): void {
    if (outcome.refreshed && hand) refreshed(outcome.refreshed, durationMs)
    const { error } = outcome
    if (!error) return
    if (isPassing(error) && !outdated) prolong(cooldowns, BACKOFF, error, 1_000)
    failed(error, durationMs, leftOfMs(cooldowns, BACKOFF))
  }

  function resetBackoff(): void {
    cooldowns.delete(BACKOFF)
  }

  function comeOnline(): void {
    resetBackoff()
    if (current) current.outdated = true
  }

  // --- Callers ---

  async function find<K extends 'value' | 'tokens'>(what: K, request: Wish = {}): Promise<Held[K] | null> {
    const { rejectedToken, route = ANYWHERE, signal } = request
    // Amplify asks when it has been told of a sign-in, before it tells others.
    const isRecent = (hand ?? !request.all) && performance.now() - seenMs < REREAD_AFTER_MS
    /** The request is bound to the user of this token; if nobody has looked for a while, to whomever a look finds. */
    let boundTo = rejectedToken ?? (isRecent ? hand?.value : undefined)
    let outcome: Outcome | undefined
    for (;;) {
      if (signal?.aborted) throw abortReason(signal)
      if (life.signal.aborted) throw new BearerError('closed')
      if (signingOut) {
        if (boundTo) throw new BearerError('signedOut')
        // A sign-in of Amplify's looks first, and lines up behind the sign-out.
        const isOver =
          request.all && (await waitFor(signingOut.then(yes, yes), false, refreshTimeoutMs, signal))
        if (!isOver && !signal?.aborted) return null
        continue
      }
      if (reauthentication && request.waitForSignIn) {
        boundTo ??= known?.value
        await reauthentication.wait(signal)
        outcome = hand === null ? { error: new BearerError(ended) } : {}
        continue
      }
      // What has just been refreshed is as good as it gets, whatever its claims.
      const isFresh = outcome?.refreshed && hand !== undefined
      const need = isFresh ? undefined : needOfHand(request)
      const usable = !need || need === 'due'
      const error = outcome?.error
      if (error && !(usable && hand)) throw error
      // Whoever refreshes has looked.
      const inBackground = current?.refreshing === 'background'
      const seen = outcome ?? (isRecent || inBackground)
      if (seen && boundTo && hand !== undefined && (!hand || owners.get(boundTo) !== hand.subject)) {
        throw new BearerError(hand ? 'userChanged' : ended)
      }
      const failure = need && (error ?? reasonOf(cooldowns, BACKOFF))
      const good = !need || (usable && (failure ?? inBackground))
      if (good && seen && (inBackground || !current?.refreshing)) return hand?.[what] ?? null
      if (!current) {
        const refusal = need === 'rejected' && (reasonOf(cooldowns, ANYWHERE) ?? reasonOf(cooldowns, route))
        if (refusal) throw refusal
        if (!usable && failure) throw failure
      }
      if (!outcome && !request.inBackground) waited()
      const visit = current ?? start(request)
      const late: Outcome = {}
      // That nobody is signed in has to be true for Amplify, which asks right after it has stored a sign-in.
      const patienceMs = good ? (hand ?? !request.all) && PATIENCE_MS : isOffline() && OFFLINE_PATIENCE_MS
      outcome = await waitFor(visit.outcome, late, patienceMs, signal)
      if (outcome === late && !good && isOffline()) outcome = { error: new BearerError('offline') }
      // It has tried this one's patience; the others' is not tried for a while.
      if (!signal?.aborted) seenMs = performance.now()
      boundTo ??= visit.found
    }
  }

  /**
   * A fresh token that nobody has accepted yet blocks refreshes everywhere, for a second at first, until somebody
   * accepts it. A route that refuses what others accept (a 401 that should be a 403) blocks only its own, for longer.
   */
  function report({ token, accepted, replayOf }: TokenOutcome): void {
    // An answer may come late, to a token that has been replaced.
    if (accepted && token === hand?.value) {
      acceptedToken = token
      cooldowns.delete(ANYWHERE)
    }
    if (!replayOf) return
    const refusal = new BearerError('tokenRefused')
    if (token !== acceptedToken) prolong(cooldowns, ANYWHERE, refusal, 1_000)
    if (accepted) cooldowns.delete(replayOf)
    else prolong(cooldowns, replayOf, refusal, 40_000)
    replayed(accepted)
  }

  /** What goes wrong in the background is told to listeners. */
  function refreshEarly(): void {
    const wish = { inBackground: true }
    if (reauthentication ?? needOfHand(wish)) find('value', wish).catch(() => undefined)
  }

  function startAutoRefresh({ lifecycle = pageLifecycle }: AutoRefreshOptions = {}): () => void {
    if (life.signal.aborted) throw new BearerError('closed')
    return keepChecking(refreshEarly, lifecycle, comeOnline, life.signal)
  }

  async function endSession(options: SignOutOptions | undefined): Promise<void> {
    abandon()
    become(null, 'signedOut')
    try {
      await takeTurn(previous, lock, lockName(), async () => provider.signOut?.(options))
    } catch (error) {
      // Perhaps somebody still is signed in.
      hand = undefined
      throw error
    } finally {
      signingOut = undefined
      // The next user does not wait for the last one's refresh.
      previous = Promise.resolve()
      seenMs = performance.now()
    }
  }

  async function signOut(options?: SignOutOptions): Promise<void> {
    if (life.signal.aborted) throw new BearerError('closed')
    assertOption(
      typeof provider.signOut === 'function',
      'tokenProvider.signOut',
      typeof provider.signOut,
      'a function',
    )
    // Listeners, which are told of it, find it under way.
    return (signingOut ??= Promise.resolve(options).then(endSession))
  }

  function close(): void {
    life.abort()
    endReauthentication()
    platform.removeEventListener?.('online', comeOnline)
    unwatch?.()
    abandon()
    clear()
  }

  return {
    get closed() {
      return life.signal.aborted
    },
    tokenProvider: provider,
    getToken: (request) => find('value', request),
    getTokens: (request) => find('tokens', { ...request, all: true }),
    report,
    subscribe,
    startAutoRefresh,
    signOut,
    stats,
    close,
    [dispose]: close,
  }
}
