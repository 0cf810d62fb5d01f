import { BearerError, isBearerError } from '../errors.js'

/** Cognito's ways to say that a grant is not good any more: those on which Amplify clears the tokens, or finds none. */
const GRANT_REJECTED = /NotAuth|UnAuth|Revoked|UserNot|PasswordReset|Reuse/
const THROTTLED = /TooMany|Throttl|LimitExceeded/
/** Amplify's NetworkError, axios' "Network Error", and a failed fetch in Chromium, Node, Firefox, Safari, React Native. */
const OFFLINE = /network|fetch|load failed/i

/** What a token provider's failure means, told from error names and, for networks, messages. */
export function toBearerError(cause: unknown): BearerError {
  if (isBearerError(cause)) return cause
  const { name = '', message = '' } = Object(cause) as Partial<Error>
  if (GRANT_REJECTED.test(name)) return new BearerError('sessionExpired', cause)
  if (THROTTLED.test(name)) return new BearerError('throttled', cause)
  return new BearerError(OFFLINE.test(name + message) ? 'offline' : 'serviceError', cause)
}
