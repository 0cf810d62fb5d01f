export const OPERATIONS = [
  'InitiateAuth',
  'GetTokensFromRefreshToken',
  'RevokeToken',
  'GlobalSignOut',
  'GetUser',
] as const

/** The operations of the Cognito user pools API that the pool knows. */
export type Operation = (typeof OPERATIONS)[number]

export function isOperation(name: string): name is Operation {
  return OPERATIONS.some((operation) => operation === name)
}
