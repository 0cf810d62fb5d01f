import { AuthError } from 'aws-amplify/auth'
import { toBearerError } from '../../src/amplify/toBearerError.js'
import { BearerError } from '../../src/index.js'

const named = (name: string, message = 'told by the service') => Object.assign(new Error(message), { name })

test.each([
  ['sessionExpired', 'NotAuthorizedException'],
  ['sessionExpired', 'TokenRevokedException'],
  ['sessionExpired', 'UserNotFoundException'],
  ['sessionExpired', 'UserNotConfirmedException'],
  ['sessionExpired', 'UserUnAuthenticatedException'],
  ['sessionExpired', 'PasswordResetRequiredException'],
  ['sessionExpired', 'RefreshTokenReuseException'],
  ['throttled', 'TooManyRequestsException'],
  ['throttled', 'ThrottlingException'],
  ['throttled', 'LimitExceededException'],
  ['serviceError', 'InternalErrorException'],
  ['serviceError', 'ResourceNotFoundException'],
  ['serviceError', 'InvalidParameterException'],
  ['serviceError', 'UserLambdaValidationException'],
  ['serviceError', 'UnexpectedLambdaException'],
  ['serviceError', 'ForbiddenException'],
  ['serviceError', 'QuotaExceededError'],
  ['serviceError', 'AuthUserPoolException'],
  ['serviceError', 'OAuthNotConfigureException'],
])('%s for %s', (code, name) => {
  const cause = new AuthError({ name, message: 'told by the service' })
  expect(toBearerError(cause)).toMatchObject({ code, cause })
})

test.each([
  ['Chromium', new TypeError('Failed to fetch')],
  ['Node', new TypeError('fetch failed')],
  ['Firefox', new TypeError('NetworkError when attempting to fetch resource.')],
  ['Safari', new TypeError('Load failed')],
  ['React Native', new TypeError('Network request failed')],
  ['axios', named('AxiosError', 'Network Error')],
  ['Amplify', new AuthError({ name: 'NetworkError', message: 'A network error has occurred.' })],
  ['XMLHttpRequest', new DOMException("Failed to execute 'send': Failed to load.", 'NetworkError')],
])('offline as %s tells it', (_, cause) => {
  expect(toBearerError(cause)).toMatchObject({ code: 'offline', retryable: true })
})

test.each([
  ['UserLambdaValidationException', 'PreTokenGeneration failed with error PasswordResetRequired.'],
  ['InternalErrorException', 'NotAuthorizedException: TooManyRequests upstream'],
])('serviceError for %s, whatever its message: %s', (name, message) => {
  expect(toBearerError(named(name, message)).code).toBe('serviceError')
})

test.each([undefined, null, 'a string', 7, {}, { name: 'NotAuthorizedException' }])(
  'whatever was thrown is the cause: %j',
  (cause) => {
    expect(toBearerError(cause)).toBeInstanceOf(BearerError)
    expect(toBearerError(cause).cause).toBe(cause)
  },
)

test("a provider's own BearerError stays as it is", () => {
  const thrown = new BearerError('throttled')
  expect(toBearerError(thrown)).toBe(thrown)
})
