/** Calls an operation without any client library: what goes over the wire, and what comes back. */
export async function callCognito(url: string, operation: string, input: object, init?: RequestInit) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(input),
    ...init,
  })
  const body: unknown = await response.json()
  return { status: response.status, headers: response.headers, body }
}
