import type { HttpHandler } from 'msw'
import type { UserPoolCall } from './calls.js'
import type { TokenClaims } from './claims.js'
import type { Fault, FaultScope } from './faults.js'
import type { Latency } from './options.js'
import type { IssueOptions, TokenSet } from './sessions.js'
import type { UserPoolUser } from './users.js'

/** What `Amplify.configure` wants to know about a user pool. */
export interface AmplifyConfig {
  Auth: { Cognito: { userPoolId: string; userPoolClientId: string; userPoolEndpoint?: string } }
}

/** A user pool on a loopback port, for other processes and for browsers. */
export interface UserPoolEndpoint {
  /** `http://127.0.0.1:PORT/`, which is Amplify's `userPoolEndpoint`. Any origin may call it (CORS). */
  readonly url: string
  /** The pool's public keys. Tokens still say `iss: pool.issuer`, as Amplify's endpoint override changes no issuer. */
  readonly jwksUrl: string
  /** For `Amplify.configure`, with this endpoint. */
  amplifyConfig(): AmplifyConfig
  /** Stops listening and ends every connection. Until then the endpoint keeps the process alive. */
  close(): Promise<void>
}

export interface UserPool {
  readonly userPoolId: string
  readonly clientId: string
  /** The claim `iss` of its tokens, `https://cognito-idp.REGION.amazonaws.com/USERPOOLID`. */
  readonly issuer: string
  /** See the option; may be changed at any time. @throws TypeError when set to anything but a number */
  clockSkewMs: number
  /** See the option; may be changed at any time. @throws TypeError when set to anything but a number or a function */
  latencyMs: Latency

  /** For `Amplify.configure`, with Cognito's own endpoint, which {@link handlers} answers for. */
  amplifyConfig(): AmplifyConfig
  /** MSW handlers for `setupServer` or `setupWorker`: the operations, the key set and the OpenID configuration. */
  handlers(): HttpHandler[]
  /**
   * Serves the pool on 127.0.0.1. Node only.
   *
   * @param port 0, the default, takes a free one
   * @throws TypeError when the port is none; the system's error (`EADDRINUSE`) when it is taken
   */
  listen(port?: number): Promise<UserPoolEndpoint>

  /**
   * Tokens without a call, as though the user (default: the first one) had just signed in; `issuedAgoMs` makes tokens
   * that are about to expire or have expired. The refresh token works as well.
   *
   * @throws TypeError when there is no such user or an option is wrong
   */
  issue(username?: string, options?: IssueOptions): Promise<TokenSet>
  /**
   * What an API asks: the claims of the access or ID token in this `Authorization` header (or of this bare token), or
   * null when it is missing, malformed, signed by someone else, expired by the pool's clock, or revoked. Real APIs that
   * check the JWT alone do not see the last.
   */
  verify(authorization: string | null | undefined): Promise<TokenClaims | null>

  /** @throws TypeError when the user is malformed or the name is taken */
  addUser(user: UserPoolUser): void
  /** From now on the user can neither sign in nor refresh. @throws TypeError when there is no such user */
  disableUser(username: string): void
  /** {@link verify} and GetUser refuse the access and ID tokens issued so far, of one user or of all. */
  revokeAccessTokens(username?: string): void
  /** Refreshes with the refresh tokens issued so far are rejected, of one user or of all. */
  revokeRefreshTokens(username?: string): void

  /**
   * Makes calls go wrong: those of one operation or all, so many `times` or until {@link heal}. Several faults are met
   * in the order they were added.
   *
   * @throws TypeError when there is no such fault or operation
   */
  fail(fault: Fault, scope?: FaultScope): void
  /** Takes all faults away. Calls that hang go on as though they had just arrived. */
  heal(): void

  /** Every operation called so far, oldest first: a snapshot without any token or password. */
  readonly calls: readonly UserPoolCall[]
  /** How many calls there were, of one operation or of all; those under way and those that failed count too. */
  callCount(operation?: string): number

  /** Ends what is under way: closes the endpoints and breaks off calls that hang or wait. The handlers stay in use. */
  close(): Promise<void>
}
