import type { NextFetchEvent, NextRequest } from 'next/server.js'
import { NextResponse } from 'next/server.js'
import type { SignOutOptions, TokenManager } from '../manager/types.js'
import { assertFunction } from '../errors.js'
import { accessTo, type CookiesContext, type ServerContext } from './cookieAccess.js'
import { createFlights } from './flights.js'
import { readOptions, type ServerSessionOptions } from './options.js'
import { createReadOnlyManager, createServerManager } from './serverManager.js'
import { createSettle } from './settle.js'
import { signOutOf } from './signOut.js'
import { createTokenRoute, type TokenRoute } from './tokenRoute.js'
import { createUpdate, type SessionRequest, type SessionUpdate } from './updateSession.js'

/** As Next has it: a handler may just end. */
type Handled<Nothing> = Response | null | undefined | Nothing

/** What an application's own proxy does; what it returns comes through whole. Nothing: the request goes on. */
export type ProxyHandler = (
  request: NextRequest,
  event: NextFetchEvent,
  session: SessionUpdate,
) => Handled<void> | Promise<Handled<void>>

/** The session of whoever a request belongs to, by Amplify's cookies. Nothing is shared between users. */
export interface ServerSession {
  /** For `proxy.ts` (`middleware.ts`): {@link ServerSession.updateSession} around the application's own handler. */
  proxy(handler?: ProxyHandler): (request: NextRequest, event: NextFetchEvent) => Promise<NextResponse>
  /**
   * Refreshes the tokens when they are due, at most once for each refresh token however many requests arrive together.
   * Never rejects. Only its `headers` and its `applyTo` bring fresh tokens to the rest of the request and to the browser.
   */
  updateSession(request: SessionRequest): Promise<SessionUpdate>
  /**
   * For Server Components: never refreshes, never writes. Create one a request. A token that has expired, because no
   * proxy ran or its refresh failed, rejects with `readOnly` or the reason of the failure; one that is merely due is used.
   * Nobody has verified a token: it is for APIs, which do. Its claims are whatever the request says, and let nobody in.
   */
  readOnlyTokens(context: CookiesContext): TokenManager
  /** For Route Handlers and Server Actions: refreshes when due or refused, and writes the cookies. Create one a request. Claims are not verified. */
  tokens(context: ServerContext): TokenManager
  /**
   * For a route of the same origin, by default `app/api/token/route.ts`, from which browsers take their tokens
   * (`serverTokenProvider`): `export const { POST, DELETE } = session.tokenRoute()`.
   */
  tokenRoute(): TokenRoute
  /**
   * Revokes the refresh token, removes the session's cookies, and leaves a note so that no request under way brings them
   * back. Removes them even where the user pool cannot be reached, which `onError` hears.
   */
  signOut(context: ServerContext, options?: Pick<SignOutOptions, 'global'>): Promise<void>
}

/**
 * Keeps the sessions of a Next.js application's users fresh on the server, from the cookies that Amplify keeps them in
 * (`Amplify.configure(config, { ssr: true })`). Once, at module level.
 *
 * @throws TypeError for a wrong option
 */
export function createServerSession(options: ServerSessionOptions): ServerSession {
  const settings = readOptions(options)
  const flights = createFlights(settings.pool, settings)
  const settle = createSettle(settings.clientId, flights)
  const updateSession = createUpdate(settings, settle)

  const signOut: ServerSession['signOut'] = (context, how) =>
    signOutOf(accessTo(context, settings), settings, flights, how)

  const tokens: ServerSession['tokens'] = (context) =>
    createServerManager(accessTo(context, settings), settings, settle, (how) => signOut(context, how))

  return {
    updateSession,
    proxy(handler) {
      if (handler !== undefined) assertFunction(handler, "proxy's handler")
      return async (request, event) => {
        const update = updateSession(request)
        // A platform that stops with the response would break off a refresh whose request was aborted.
        event.waitUntil(update)
        const session = await update
        const response = await handler?.(request, event, session)
        return session.applyTo(response ?? NextResponse.next())
      }
    },
    tokens,
    readOnlyTokens: (context) => createReadOnlyManager(accessTo(context, settings), settings, settle),
    tokenRoute: () => createTokenRoute(tokens, signOut),
    signOut,
  }
}
