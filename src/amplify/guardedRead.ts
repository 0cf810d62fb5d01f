import { Amplify } from 'aws-amplify'
import * as cognito from 'aws-amplify/auth/cognito'
import { AMPLIFY_BEARER } from '../manager/source.js'
import type { ProvidedTokens, TokenProvider } from '../manager/types.js'

/** How Amplify reads its tokens. */
export type Read = (typeof cognito.cognitoUserPoolsTokenProvider)['getTokens']

/** Amplify's read, or that of a guard in its place. */
export interface GuardedRead extends Read {
  [AMPLIFY_BEARER]?: {
    /** Whose own reads it lets through. */
    readonly owner: TokenProvider
    /** The session that was rejected last, here or in another tab. */
    readonly rejectedSession: () => Promise<string | null>
    /** What has to be in its place: itself, until it is undone. */
    readonly standing: () => GuardedRead
  }
}

/** What is in its place now. */
export function currentRead(): GuardedRead {
  return Reflect.get(cognito.cognitoUserPoolsTokenProvider, 'getTokens')
}

/** What has to be in a read's place: a guard's that was undone makes room for what was there before. */
export function standing(read: GuardedRead): GuardedRead {
  return read[AMPLIFY_BEARER]?.standing() ?? read
}

/** The user pool client that Amplify is configured for. */
export function clientId(): string | undefined {
  return Amplify.getConfig().Auth?.Cognito.userPoolClientId
}

/** Which session tokens belong to: when their user signed in (`auth_time`, OpenID Connect Core, section 2). */
export function sessionOf({ accessToken }: ProvidedTokens): string {
  return String(accessToken.payload['auth_time'])
}
