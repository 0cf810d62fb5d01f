import type { CallEntry, CallLog } from './calls.js'
import { isRecord } from './checks.js'
import { CognitoError } from './cognitoError.js'
import { refusalOf } from './faults.js'
import type { Fault, Faults } from './faults.js'
import { answer, errorAnswer, notFound, preflightAnswer, publicDocument } from './http.js'
import { isOperation } from './operationNames.js'
import type { Operations } from './operations.js'
import type { Waits } from './waits.js'

const TARGET_PREFIX = 'AWSCognitoIdentityProviderService.'

/** Answers one HTTP request. A network error is `Response.error()`. */
export type Responder = (request: Request) => Promise<Response>

export interface ResponderParts {
  readonly operations: Operations
  readonly faults: Faults
  readonly calls: CallLog
  readonly waits: Waits
  /** How long this call takes. */
  readonly latencyMs: () => number
  /** What can be fetched, by path. */
  readonly documents: Readonly<Record<string, () => Promise<object>>>
}

/** What comes of an operation: its output, Cognito's refusal, or nothing that gets through. */
type Result = object | CognitoError | 'networkError'

/** The pool as an HTTP service, knowing neither MSW nor Node. */
export function createResponder({
  operations,
  faults,
  calls,
  waits,
  latencyMs,
  documents,
}: ResponderParts): Responder {
  async function perform(request: Request): Promise<Response> {
    const operation = operationOf(request)
    const call = calls.begin(operation)
    const fault = faults.take(operation)
    const halfwayMs = latencyMs() / 2
    const body = await request.text()

    const arrives = (await waits.pause(halfwayMs)) && (fault !== 'hang' || (await waits.hold(request.signal)))
    const result = arrives ? await evaluate(operation, body, fault) : 'networkError'
    const returns = arrives && (await waits.pause(halfwayMs))
    return conclude(call, returns ? result : 'networkError')
  }

  async function evaluate(operation: string, body: string, fault: Fault | undefined): Promise<Result> {
    if (fault === 'networkError') return fault
    const refusal = fault && refusalOf(fault)
    if (refusal !== undefined) return refusal
    const result = await run(operation, body).catch(refusalOnly)
    return fault === 'answerLost' ? 'networkError' : result
  }

  async function run(operation: string, body: string): Promise<object> {
    if (!isOperation(operation))
      throw new CognitoError('UnknownOperationException', `Unknown operation ${operation}`)
    return operations[operation](parseInput(body))
  }

  return async (request) => {
    if (request.method === 'OPTIONS') return preflightAnswer(request)
    const { pathname } = new URL(request.url)
    if (request.method === 'POST' && pathname === '/') return perform(request)
    const document = request.method === 'GET' ? documents[pathname] : undefined
    return document === undefined ? notFound() : publicDocument(await document())
  }
}

/** Records what came of the call and turns it into the answer. */
function conclude(call: CallEntry, result: Result): Response {
  if (result === 'networkError') {
    call.outcome = result
    return Response.error()
  }
  call.outcome = result instanceof CognitoError ? result.name : 'ok'
  return result instanceof CognitoError ? errorAnswer(result) : answer(result)
}

function operationOf(request: Request): string {
  const target = request.headers.get('x-amz-target') ?? ''
  return target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : target
}

function parseInput(body: string): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body)
    if (isRecord(input)) return input
  } catch {
    // The refusal below is for both. The parser's own message would quote the body, which may hold a password.
  }
  throw new CognitoError('SerializationException', 'The body is not a JSON object')
}

function refusalOnly(error: unknown): CognitoError {
  if (error instanceof CognitoError) return error
  throw error
}
