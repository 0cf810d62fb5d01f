/// <reference lib="esnext.disposable" preserve="true" />
import type { BearerErrorCode } from '../errors.js'
import type { Jwt } from '../token/token.js'
import type { AppLifecycle } from './lifecycle.js'

/** What a {@link TokenProvider} returns: decoded tokens, as Amplify's `AuthTokens`. */
export interface ProvidedTokens {
  readonly accessToken: Jwt
  /** Needed for `tokenUse: 'id'`. */
  readonly idToken?: Jwt | undefined
  /** How far the issuer's clock is ahead of this device's, in milliseconds, if the provider knows. */
  readonly clockDrift?: number | undefined
}

/**
 * Amplify's own interface. `forceRefresh` asks for newly issued tokens; without it stored ones will do. Nothing
 * (`null`, `undefined`) means that nobody is signed in; after the grant was rejected nobody is.
 */
export interface TokenProvider {
  /** May reject, which fails the requests that wait: see `BearerErrorCode` for how errors are told apart. */
  getTokens(options?: { forceRefresh?: boolean }): Promise<ProvidedTokens | null | undefined>
  /** What {@link TokenManager.signOut} calls, if need be with the same options: ends the session, and forgets the tokens. */
  signOut?(options?: SignOutOptions): Promise<unknown>
}

/** As Amplify's `signOut` takes them. */
export interface SignOutOptions {
  /** Everywhere: every refresh token of the user is revoked. @default false */
  global?: boolean
  /** Where hosted UI sends the user afterwards: one of the configured sign-out URLs. */
  oauth?: { redirectUrl?: string }
}

/** What the application is told when it is to sign its user in again. */
export interface ReauthenticationContext {
  /** The claims of the last ID token or, where there is none, access token: `sub`, `email`, …; empty if it was not known. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Aborts when nobody waits for the answer any more, be it because `signIn()` is about to resolve: take the dialog away. */
  readonly signal: AbortSignal
}

/** What a manager can be created with. Every option has a default. */
export interface TokenManagerOptions {
  /** Where tokens come from. @default whatever `Amplify.configure` was given, by default Cognito's user pool */
  tokenProvider?: TokenProvider | undefined
  /** Which of the two tokens is sent. @default 'access' */
  tokenUse?: 'access' | 'id' | undefined
  /**
   * A token with less than this left is refreshed before it is used, in milliseconds; never more than half of the
   * token's lifetime. 0 waits for the token to expire. @default 300_000
   */
  refreshWindowMs?: number | undefined
  /** After this many milliseconds an unanswered refresh counts as failed. @default 30_000 */
  refreshTimeoutMs?: number | undefined
  /**
   * Keeps others who share the session from refreshing at the same time; the callers of one manager share one refresh
   * with or without it. @default Web Locks, in pages and workers that have them
   */
  lock?: RefreshLock | undefined
  /**
   * The session has ended, and the application may sign its user in again, in place: requests wait, and go out if the
   * same user is back. Resolves with `true` then, with `false` for given up; only now, or where this option is absent,
   * listeners hear `sessionExpired` (or `userChanged`, when somebody else has signed in). Called once, however many requests wait. Its own requests must not wait for it:
   * `bearer: false`. What it throws is printed, and counts as given up.
   */
  reauthenticate?: ((context: ReauthenticationContext) => Promise<boolean>) | undefined
  /** After this many milliseconds without an answer the user has given up. @default 300_000 */
  reauthenticateTimeoutMs?: number | undefined
  /** How many requests may wait; others fail at once with `sessionExpired`. @default 100 */
  reauthenticateQueueSize?: number | undefined
}

/** Runs one at a time of the tasks with the same name, wherever they are: in tabs, or in processes. */
export interface RefreshLock {
  /**
   * Runs the task when its turn has come, and lets others have theirs when it has settled. May reject when the signal
   * aborts before that: nobody waits for the task any more.
   *
   * `name` is `amplify-bearer:` and the user pool client's ID; for managers with a `tokenProvider` it is `amplify-bearer`
   * for all of them: on a server, add the user.
   */
  run<T>(name: string, task: () => Promise<T>, options?: { signal?: AbortSignal }): Promise<T>
}

/** The part of `AbortSignal` that is needed: React Native's and axios' own signals will do. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener?: ((type: 'abort', listener: () => void) => void) | undefined
  removeEventListener?: ((type: 'abort', listener: () => void) => void) | undefined
}

/** What a caller wants of a token; nothing: the current one, if it is good. */
export interface GetTokenOptions {
  /** Refresh even though the token is good, for instance to see new claims. @default false */
  forceRefresh?: boolean | undefined
  /**
   * The token that the API refused. If it is still the current one it is refreshed; if it has been replaced
   * meanwhile, the newer one is returned. Never another user's: that rejects with `userChanged` or `signedOut`.
   */
  rejectedToken?: string | undefined
  /** What refused it, for instance `'GET https://api.example.com/admin'`: refusals are remembered by this name. */
  route?: string | undefined
  /**
   * Wait while the application signs its user in again (`reauthenticate`). `attachBearer` and `wrapFetch` do; without it
   * nobody is signed in meanwhile. @default false
   */
  waitForSignIn?: boolean | undefined
  /** Stops waiting, at once, with the signal's reason. The refresh goes on for the others. */
  signal?: AbortSignalLike | null | undefined
}

/** How auto refresh knows its platform. */
export interface AutoRefreshOptions {
  /** When the application is in use, and when it comes back. @default the page's visibility and network; `amplify-bearer/react-native` has one for apps */
  lifecycle?: AppLifecycle | undefined
}

/** How the API took a token; what a client reports so that a token nobody accepts is not refreshed over and over. */
export interface TokenOutcome {
  readonly token: string
  readonly accepted: boolean
  /** Set for a replay: the name under which `getToken` was asked for the token. */
  readonly replayOf?: string | undefined
}

/** Why a token was refreshed; `due`: it was about to expire. */
export type RefreshReason = 'due' | 'expired' | 'rejected' | 'forced'

/** What listeners hear. No event holds a token. Durations are in milliseconds. */
export type TokenEvent =
  | { readonly type: 'refreshed'; readonly reason: RefreshReason; readonly durationMs: number }
  | {
      readonly type: 'refreshFailed'
      readonly code: BearerErrorCode
      readonly retryable: boolean
      readonly durationMs: number
      /** How long requests will not try again. 0: the next one may. */
      readonly retryAfterMs: number
    }
  /**
   * `sessionExpired`: the grant was rejected, and nobody has signed in again in place. `signedOut`: by the user, here or in
   * another tab. `signedIn`: where nobody was; not for a session that is there when the manager first looks. `userChanged`:
   * somebody else, without a sign-out in between.
   */
  | { readonly type: 'sessionExpired' | 'signedIn' | 'signedOut' | 'userChanged' }
  /** A refused request was sent a second time. */
  | { readonly type: 'replayed'; readonly accepted: boolean }

/** Counters since the manager was created. */
export interface TokenStats {
  /** Refreshes that brought a token. */
  readonly refreshes: number
  /** Failed reads and refreshes by code. */
  readonly failures: Readonly<Partial<Record<BearerErrorCode, number>>>
  /** How many calls had to wait for the token provider. */
  readonly waits: number
  /** Requests that were sent a second time, accepted or not. */
  readonly replays: number
  /** How long successful refreshes took, in milliseconds. */
  readonly refreshLatencyMs: { readonly count: number; readonly total: number; readonly max: number }
}

/** Owns the session's token and the one refresh in flight. */
export interface TokenManager {
  /** Where its tokens come from: the option, or Amplify. */
  readonly tokenProvider: TokenProvider
  /** Whether {@link TokenManager.close} was called. */
  readonly closed: boolean
  /**
   * The current token, refreshed first when it is due; `null` when nobody is signed in. However many callers ask,
   * one refresh runs at a time and all of them get its result.
   *
   * @throws {@link BearerError} when there is no token to be had; the signal's reason when it aborts
   */
  getToken(options?: GetTokenOptions): Promise<string | null>
  /** As {@link TokenManager.getToken}, with all that the token provider gave; neither token has expired. */
  getTokens(options?: GetTokenOptions): Promise<ProvidedTokens | null>
  /** Tells how the API took a token. `attachBearer` and `wrapFetch` do this; a client of your own should as well. */
  report(outcome: TokenOutcome): void
  /** Calls `listener` with every event; returns what stops that. What a listener throws is printed, and breaks nothing. */
  subscribe(listener: (event: TokenEvent) => void): () => void
  /** A snapshot of the counters. */
  stats(): TokenStats
  /**
   * Refreshes the token shortly before requests would have to wait for that, and makes none wait: looks at the clock
   * every 15 seconds while the application is in use, and when it comes back (is visible or focused again, out of the
   * back/forward cache, online). Hidden pages stay quiet; tabs share one refresh. Never keeps a process alive.
   * Returns what stops it; {@link TokenManager.close} does, too.
   *
   * @throws BearerError for a closed manager, TypeError for a wrong option
   */
  startAutoRefresh(options?: AutoRefreshOptions): () => void
  /**
   * Signs out through Amplify, or `tokenProvider.signOut`. From the call on no request gets the token: who waits for it
   * is rejected with `signedOut`, which listeners hear at once. A refresh under way, here or in another tab, is waited for,
   * so that what it brings is signed out as well, but for no longer than three seconds; with the guard, what it brings
   * later is not stored. A call while one is under way is the same one, whatever its options.
   *
   * @throws what signing out throws; TypeError for a `tokenProvider` without `signOut`; BearerError for a closed manager
   */
  signOut(options?: SignOutOptions): Promise<void>
  /** Releases everyone who waits with `closed`, and every listener. Nothing can be asked of it afterwards. */
  close(): void
  /** {@link TokenManager.close}, for `using`. */
  [Symbol.dispose](): void
}
