/** The error names of the Cognito user pools API that the pool answers with. */
export type CognitoErrorName =
  | 'InternalErrorException'
  | 'InvalidParameterException'
  | 'NotAuthorizedException'
  | 'RefreshTokenReuseException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'TooManyRequestsException'
  | 'UnknownOperationException'

/** A refusal as Cognito words it. Its message never holds a token or a password. */
export class CognitoError extends Error {
  override readonly name: CognitoErrorName
  /** Cognito answers 400 to everything that is not its own failure, throttling and rejected grants included. */
  readonly status: 400 | 500

  constructor(name: CognitoErrorName, message: string) {
    super(message)
    this.name = name
    this.status = name === 'InternalErrorException' ? 500 : 400
  }
}
