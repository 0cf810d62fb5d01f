import { BearerError, type BearerErrorCode } from '../errors.js'
import type { Changes } from './cookies.js'
import type { Flights, Standing } from './flights.js'
import type { Need } from './lifetime.js'
import {
  changesBetween,
  failedName,
  forwardedName,
  sessionId,
  signedOutName,
  type Jar,
  type Session,
} from './session.js'

/** What has become of the session that a request's cookies hold, and what has to be written for that. */
export type Settle = (
  jar: Jar,
  session: Session,
  needOf: (session: Session) => Need,
) => Promise<Standing & { readonly changes: Changes }>

/** Why a proxy may have failed earlier in the same request. */
const PASSING: readonly BearerErrorCode[] = ['offline', 'throttled', 'serviceError', 'refreshTimeout']

/** What the proxy has met earlier in the same request, which it then kept from refreshing. */
export function failureOf(jar: Jar, clientId: string): BearerError | undefined {
  const code = PASSING.find((passing) => passing === jar.winners.get(failedName(clientId)))
  return code && !jar.session?.refreshToken ? new BearerError(code) : undefined
}

export function createSettle(clientId: string, flights: Flights): Settle {
  async function stand(jar: Jar, session: Session, needOf: (session: Session) => Need): Promise<Standing> {
    const signedOut = jar.winners.get(signedOutName(clientId))
    if (signedOut !== undefined && signedOut === sessionId(session))
      return { session, ended: { code: 'signedOut', mayRemove: () => true } }
    const error = failureOf(jar, clientId)
    if (error) return needOf(session) ? { session, error } : { session }
    return flights.current(session, needOf, !jar.winners.has(forwardedName(clientId)))
  }

  return async (jar, session, needOf) => {
    const standing = await stand(jar, session, needOf)
    return { ...standing, changes: changesBetween(clientId, session, standing.session) }
  }
}
