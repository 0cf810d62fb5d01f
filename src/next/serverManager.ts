import { toBearerError } from '../amplify/toBearerError.js'
import { decodeToken } from '../amplify/userPool.js'
import { BearerError } from '../errors.js'
import { createManager } from '../manager/createManager.js'
import type {
  GetTokenOptions,
  ProvidedTokens,
  SignOutOptions,
  TokenManager,
  TokenProvider,
} from '../manager/types.js'
import type { CookieAccess } from './cookieAccess.js'
import type { Changes } from './cookies.js'
import { needOf, type Need } from './lifetime.js'
import { endOf, failedName, NO_COOKIES, type Jar, type Session } from './session.js'
import { failureOf, type Settle } from './settle.js'

export interface ManagerSettings {
  readonly clientId: string
  readonly tokenUse: 'access' | 'id'
  readonly refreshWindowMs: number
  readonly refreshTimeoutMs: number
}

/** Whoever only looks has no need. */
const noNeed = (): Need => undefined

/** One that refreshes, and writes what that brings; for one request. */
export function createServerManager(
  access: CookieAccess,
  settings: ManagerSettings,
  settle: Settle,
  signOut: (options?: SignOutOptions) => Promise<void>,
): TokenManager {
  const { clientId, tokenUse } = settings
  /** What this request has, or has got; its own cookies stay the old ones. */
  let held: { readonly jar: Jar; readonly session: Session | undefined } | undefined

  async function read(): Promise<NonNullable<typeof held>> {
    const jar = await access.read()
    return { jar, session: jar.session }
  }

  async function getTokens({ forceRefresh = false } = {}): Promise<ProvidedTokens | null> {
    const { jar, session: before } = (held ??= await read())
    if (!before) return null
    // There is nothing to return for one that is missing: the manager would take its user for another one.
    const isForced = forceRefresh || !decodeToken(before[`${tokenUse}Token`])
    // Where nothing can be written nothing may be refreshed. No browser has the cookie that this removes.
    if (isForced) probe()
    const needNow = (known: Session): Need =>
      needOf(known, settings.refreshWindowMs, tokenUse) ??
      // One that was refused may have been issued just now.
      (known.accessToken === before.accessToken ? 'expired' : undefined)
    const { session, changes, error, ended } = await settle(jar, before, isForced ? needNow : noNeed)
    if (ended) {
      if (ended.mayRemove()) writeIfPossible(jar, endOf(clientId, jar))
      held = { jar, session: undefined }
      return null
    }
    if (error) throw error
    held = { jar, session }
    if (changes.size > 0) writeIfPossible(jar, changes)
    return provided(session, tokenUse)
  }

  /** What another request has brought about is written by the next one, if it cannot be written here. */
  function writeIfPossible(jar: Jar, changes: Changes): void {
    try {
      access.write(jar, changes)
    } catch {
      // A Server Component.
    }
  }

  function probe(): void {
    try {
      access.write(NO_COOKIES, new Map([[failedName(clientId), null]]))
    } catch (cause) {
      throw new BearerError('readOnly', cause)
    }
  }

  return managerOf({ getTokens, signOut }, access, settings)
}

const NO_PROXY =
  'amplify-bearer: the token has expired or was refused, and cannot be refreshed here; does the proxy run for this page (its matcher)?'
const ELSEWHERE = 'amplify-bearer: sign out by session.signOut, in a Server Action or a Route Handler'

/** One that never refreshes and never writes; for one request. */
export function createReadOnlyManager(
  access: CookieAccess,
  settings: ManagerSettings,
  settle: Settle,
): TokenManager {
  async function getTokens({ forceRefresh = false } = {}): Promise<ProvidedTokens | null> {
    const jar = await access.read()
    if (!jar.session) return null
    const { session, ended } = await settle(jar, jar.session, noNeed)
    if (ended) return null
    if (forceRefresh)
      throw failureOf(jar, settings.clientId) ?? new BearerError('readOnly', new Error(NO_PROXY))
    return provided(session, settings.tokenUse)
  }

  // What is merely due is good enough here.
  const signOut = (): Promise<never> => Promise.reject(new TypeError(ELSEWHERE))
  return managerOf({ getTokens, signOut }, access, { ...settings, refreshWindowMs: 0 })
}

function managerOf(
  provider: TokenProvider,
  access: CookieAccess,
  { tokenUse, refreshWindowMs, refreshTimeoutMs }: ManagerSettings,
): TokenManager {
  // A server has users by the thousand: no lock of this manager's.
  const source = { provider, isForOneRequest: true, lockName: () => undefined }
  const manager = createManager(source, toBearerError, { tokenUse, refreshWindowMs, refreshTimeoutMs })
  /** Next has to hear of a `cookies()` that it holds back, and before anybody asks what time it is. */
  const afterCookies =
    <A extends unknown[], R>(call: (...input: A) => Promise<R>) =>
    async (...input: A): Promise<R> => {
      await access.opened
      return call(...input)
    }
  return Object.assign(Object.create(manager) as TokenManager, {
    getToken: afterCookies((wish?: GetTokenOptions) => manager.getToken(wish)),
    getTokens: afterCookies((wish?: GetTokenOptions) => manager.getTokens(wish)),
  })
}

/** A session without the token that is wanted is one that has to be refreshed, not nobody's. */
function provided({ accessToken, idToken }: Session, tokenUse: 'access' | 'id'): ProvidedTokens {
  const id = decodeToken(idToken)
  return {
    accessToken: decodeToken(accessToken) ?? EXPIRED,
    idToken: tokenUse === 'id' ? (id ?? EXPIRED) : id,
  }
}

const EXPIRED = { payload: { exp: 0, iat: 0 }, toString: () => 'expired' }
