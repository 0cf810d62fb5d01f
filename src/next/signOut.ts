import type { UserPoolClient } from '../amplify/userPool.js'
import type { SignOutOptions } from '../manager/types.js'
import type { CookieAccess, CookieSettings } from './cookieAccess.js'
import type { Flights } from './flights.js'
import { endOf, NO_COOKIES, sessionId, signedOutName, withheldName, type Session } from './session.js'

/** A day: the longest an access token can live. */
const NOTE_S = 86_400

export interface SignOutSettings extends CookieSettings {
  readonly pool: UserPoolClient
  readonly onError: (error: Error) => void
}

export async function signOutOf(
  access: CookieAccess,
  settings: SignOutSettings,
  flights: Flights,
  { global }: Pick<SignOutOptions, 'global'> = {},
): Promise<void> {
  const jar = await access.read()
  const { clientId, cookies } = settings
  if (jar.session) {
    const refreshToken = jar.session.refreshToken ?? jar.winners.get(withheldName(clientId))
    await revoke(await flights.end({ ...jar.session, refreshToken }), settings, global)
  }
  access.write(jar, endOf(clientId, jar))
  const note = jar.session && sessionId(jar.session)
  // An answer that is under way may bring tokens after this one: they are known by their session.
  if (note)
    access.write(NO_COOKIES, new Map([[signedOutName(clientId), note]]), {
      ...cookies,
      httpOnly: true,
      maxAge: NOTE_S,
    })
}

async function revoke(
  { refreshToken, accessToken }: Session,
  { pool, onError }: SignOutSettings,
  global: boolean | undefined,
): Promise<void> {
  const attempt = async (task: Promise<void>): Promise<boolean> => {
    try {
      await task
      return true
    } catch (cause) {
      // As with Amplify: the user is signed out here all the same.
      onError(new Error('amplify-bearer: the refresh token could not be revoked', { cause }))
      return false
    }
  }
  // An access token that has expired ends no other session: this one's ends all the same.
  const isDone = global && accessToken && (await attempt(pool.signOutEverywhere(accessToken)))
  if (!isDone && refreshToken) await attempt(pool.revoke(refreshToken))
}
