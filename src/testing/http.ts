import { CognitoError } from './cognitoError.js'

/** As Cognito sends them: any web page may call it, and may read these headers. */
const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
}

/** An answer in AWS JSON 1.1. */
export function answer(body: object, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      ...CORS_HEADERS,
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': crypto.randomUUID(),
      ...headers,
    },
  })
}

/** Cognito's shape of an error, in the header and in the body. */
export function errorAnswer(error: CognitoError): Response {
  const headers = { 'x-amzn-errortype': `${error.name}:`, 'x-amzn-errormessage': error.message }
  return answer({ __type: error.name, message: error.message }, error.status, headers)
}

/** A public document, like the key set. */
export function publicDocument(body: object): Response {
  return answer(body, 200, { 'content-type': 'application/json' })
}

/** What a browser asks for before it calls another origin. */
export function preflightAnswer(request: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '*',
      'access-control-max-age': '7200',
    },
  })
}

export function notFound(): Response {
  return new Response(null, { status: 404, headers: CORS_HEADERS })
}
