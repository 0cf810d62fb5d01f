import type { UserPoolClient } from '../amplify/userPool.js'
import type { SignOutOptions } from '../manager/types.js'
import type { CookieAccess, CookieSettings } from './cookieAccess.js'
import type { Flights } from './flights.js'
import { endOf, NO_COOKIES, sessionId, signedOutName, withheldName } from './session.js'

/** A day: the longest an access token can live. */
const NOTE_S = 86_400

export async function signOutOf(
  access: CookieAccess,
  settings: CookieSettings & { readonly pool: UserPoolClient },
  flights: Flights,
  { global }: Pick<SignOutOptions, 'global'> = {},
): Promise<void> {
  const { clientId, cookies, pool } = settings
  const jar = await access.read()
  // First of all: where no cookie can be written, nothing may end.
  access.write(jar, endOf(clientId, jar))
  if (!jar.session) return
  const note = sessionId(jar.session)
  // An answer that is under way may bring tokens after this one: they are known by their session.
  if (note)
    access.write(NO_COOKIES, new Map([[signedOutName(clientId), note]]), {
      ...cookies,
      httpOnly: true,
      maxAge: NOTE_S,
    })
  const shown = jar.session.refreshToken ?? jar.winners.get(withheldName(clientId))
  const { refreshToken, accessToken } = await flights.end({ ...jar.session, refreshToken: shown })
  const isDone = global && accessToken && (await pool.signOutEverywhere(accessToken))
  // An access token that has expired ends no other session: this one's ends all the same.
  if (!isDone && refreshToken) await pool.revoke(refreshToken)
}
