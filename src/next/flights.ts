import { toBearerError } from '../amplify/toBearerError.js'
import type { Grant, TokenSet, UserPoolClient } from '../amplify/userPool.js'
import { assertOption, BearerError } from '../errors.js'
import { prolong, reasonOf } from '../manager/cooldown.js'
import type { RefreshLock } from '../manager/types.js'
import { waitFor } from '../manager/waiting.js'
import type { Need } from './lifetime.js'
import { sharedMemory, STRAGGLERS_MS, type Flight } from './memory.js'
import { issuedAt, type Session } from './session.js'

/** How long a request whose token is still good waits for a better one. */
const DUE_PATIENCE_MS = 3_000
/** How long a browser may take to show what somebody else has refreshed. */
const HANDOVER_MS = 10_000
/** Cookies of an ended session are removed once; if they are still there after this long, the removal got lost. */
const REMOVAL_MS = 10_000

const BACKOFF = 'backoff'

/** Where a session stands. */
export interface Standing {
  /** With the newest tokens that are known. */
  readonly session: Session
  /** Why they are no newer. */
  readonly error?: BearerError
  /** The session is over. */
  readonly ended?: Ended
}

interface Ended {
  readonly code: NonNullable<Flight['ended']>
  /** Whether this request is to remove the cookies: once, or a late removal would hit the next session. */
  readonly mayRemove: () => boolean
}

/** What the requests of one process share, by a hash of the refresh token: no request of another user has it. */
export interface Flights {
  /**
   * The newest tokens of a session, refreshed if there is a need: at most once for each refresh token, however many ask.
   * Waits for `refreshTimeoutMs` at most, and with tokens that are merely due for three seconds. `isShown`: by the browser, not only by a proxy to the rest of its request.
   */
  current(session: Session, needOf: (session: Session) => Need, isShown: boolean): Promise<Standing>
  /** From now on nobody gets the session's tokens, nor those that a refresh under way brings. Returns its newest tokens. */
  end(session: Session): Promise<Session>
}

export function createFlights(
  pool: UserPoolClient,
  { refreshTimeoutMs, lock }: { refreshTimeoutMs: number; lock: RefreshLock | undefined },
): Flights {
  const memory = sharedMemory()

  async function keyOf(refreshToken: string): Promise<string> {
    const bytes = new TextEncoder().encode(`${pool.clientId} ${refreshToken}`)
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  /** A browser has shown these tokens: the result of those before them is kept for stragglers only. */
  function claim(key: string, flight: Flight, { accessToken }: Session): void {
    const claimed = flight.predecessor ?? (flight.tokens?.accessToken === accessToken ? key : undefined)
    const old = claimed && memory.find(claimed)
    if (old && !old.ended) old.untilMs = Math.min(old.untilMs, Date.now() + STRAGGLERS_MS)
    if (!flight.calls && !flight.tokens && !flight.ended && !flight.cooldowns.size) memory.forget(key)
  }

  async function current(
    shown: Session,
    needOf: (session: Session) => Need,
    isShown: boolean,
  ): Promise<Standing> {
    let session = shown
    /** As good as it gets: a server's clock may be so wrong that new tokens seem to be due. */
    let isFresh = false
    for (;;) {
      const { refreshToken } = session
      const need = isFresh ? undefined : needOf(session)
      if (!refreshToken) return need ? { session, ended: LOST } : { session }
      const key = await keyOf(refreshToken)
      const flight = memory.find(key)
      if (flight && isShown && session === shown) claim(key, flight, shown)
      if (flight?.ended) return { session, ended: endedBy(flight, flight.ended) }
      if (flight?.tokens && isNewer(flight.tokens, session)) {
        session = { ...session, ...flight.tokens }
        continue
      }
      if (!need) return { session }
      const error =
        (flight && reasonOf(flight.cooldowns, BACKOFF)) ??
        (await refresh(key, { ...session, refreshToken }, need))
      if (error) return { session, error }
      isFresh = true
    }
  }

  /** Joins the refresh under way, or starts one. */
  async function refresh(
    key: string,
    session: Session & Grant,
    need: Need,
  ): Promise<BearerError | undefined> {
    const flight = memory.open(key)
    const running = flight.running ?? begin(key, flight, session)
    // Of one that hangs only the first to come wait.
    const patienceMs = Math.max(flight.startedMs + DUE_PATIENCE_MS - Date.now(), 1)
    const error = await (need === 'due'
      ? waitFor(running, new BearerError('refreshTimeout'), patienceMs)
      : running)
    const isOver = flight.ended ?? (flight.tokens && isNewer(flight.tokens, session))
    return isOver ? undefined : error
  }

  function begin(key: string, flight: Flight, session: Session & Grant): NonNullable<Flight['running']> {
    // What hangs keeps nobody from trying again; what it brings after all is kept.
    const running = waitFor(fly(key, flight, session), new BearerError('refreshTimeout'), refreshTimeoutMs)
    flight.running = running
    flight.startedMs = Date.now()
    void running.then(() => (flight.running = undefined))
    return running
  }

  /** Never rejects. */
  async function fly(key: string, flight: Flight, grant: Session & Grant): Promise<BearerError | undefined> {
    // A lock's turn may come late: after one that hung has brought them after all.
    const landed = (): TokenSet | undefined =>
      flight.tokens && isNewer(flight.tokens, grant) ? flight.tokens : undefined
    async function issue(): Promise<TokenSet> {
      const tokens = landed() ?? (await pool.refresh(grant))
      // Before the lock is another's.
      if (!flight.ended) flight.tokens = tokens
      return tokens
    }
    let error: BearerError | undefined
    flight.calls += 1
    try {
      const tokens = await (lock ? lock.run(`amplify-bearer:${key}`, issue) : issue())
      assertTokens(tokens)
      if (flight.ended) await pool.revoke(tokens.refreshToken)
      else await land(key, flight, tokens)
    } catch (cause) {
      if (!landed()) error = judge(flight, cause)
    } finally {
      flight.calls -= 1
    }
    return error
  }

  async function land(key: string, flight: Flight, tokens: TokenSet): Promise<void> {
    const next = await keyOf(tokens.refreshToken)
    flight.tokens = tokens
    flight.cooldowns.clear()
    if (!memory.find(next)) memory.open(next).predecessor = key
  }

  /** What a failure means for a session. */
  function judge(flight: Flight, cause: unknown): BearerError {
    let error = toBearerError(cause)
    if (error.code === 'sessionExpired') {
      flight.reusedMs ??= Date.now()
      const isReuse = String((Object(cause) as Partial<Error>).name).includes('Reuse')
      const isOwn = flight.calls > 1
      if (!isReuse || (!isOwn && Date.now() - flight.reusedMs > HANDOVER_MS)) {
        flight.ended ??= 'sessionExpired'
        // Anybody can have refresh tokens rejected: that must not fill the memory for long.
        flight.untilMs = Math.min(flight.untilMs, Date.now() + STRAGGLERS_MS)
        return error
      }
      // Somebody else was faster: Amplify in the browser, or another process. The browser will show what they got. Or a call
      // of ours that has timed out, whose answer is still to come.
      error = new BearerError('serviceError', cause)
    }
    prolong(flight.cooldowns, BACKOFF, error, 1_000)
    return error
  }

  async function end(session: Session): Promise<Session> {
    for (;;) {
      const { refreshToken } = session
      if (!refreshToken) return session
      const flight = memory.open(await keyOf(refreshToken))
      flight.ended = 'signedOut'
      flight.removedMs = Date.now()
      const { tokens } = flight
      if (!tokens || !isNewer(tokens, session)) return session
      session = { ...session, ...tokens }
    }
  }

  return { current, end }
}

/** A session without a refresh token. Perhaps another tab is writing the next one, which a removal would hit. */
const LOST: Ended = { code: 'sessionExpired', mayRemove: () => false }

function endedBy(flight: Flight, code: Ended['code']): Ended {
  return {
    code,
    mayRemove() {
      const now = Date.now()
      if (now - (flight.removedMs ?? -Infinity) < REMOVAL_MS) return false
      flight.removedMs = now
      return true
    },
  }
}

/** What a lock hands over may come from elsewhere. */
function assertTokens(given: TokenSet): void {
  const { accessToken, refreshToken } = Object(given) as Partial<TokenSet>
  const isSet = typeof accessToken === 'string' && typeof refreshToken === 'string'
  assertOption(isSet, 'what lock.run resolves with', typeof given, 'what its task resolves with')
}

/** Without rotation the refresh token stays the same. What was issued within one second was issued here last. */
function isNewer(tokens: TokenSet, { refreshToken, accessToken }: Session): boolean {
  if (tokens.refreshToken !== refreshToken) return true
  return tokens.accessToken !== accessToken && issuedAt(tokens.accessToken) >= issuedAt(accessToken)
}
