import { BearerError } from '../errors.js'
import type { AbortSignalLike, ProvidedTokens, ReauthenticationContext } from './types.js'
import { waitFor } from './waiting.js'

/** The session has ended, and the application is signing its user in again. */
export interface Reauthentication {
  /** Resolves when it has ended, however; rejects when too many wait already. */
  readonly wait: (signal: AbortSignalLike | null | undefined) => Promise<void>
  /** Nobody waits for the application's answer any more. */
  readonly end: () => void
}

/** Asks the application, and tells `conclude` whether it says that its user has signed in: `false` if it fails, or is late. */
export function startReauthentication(
  reauthenticate: (context: ReauthenticationContext) => Promise<boolean>,
  tokens: ProvidedTokens | undefined,
  { timeoutMs, queueSize }: { timeoutMs: number; queueSize: number },
  conclude: (signedIn: boolean) => Promise<void>,
): Reauthentication {
  const ending = new AbortController()
  const { signal } = ending
  const end = (): void => {
    ending.abort()
  }
  let waiting = 0
  const claims = Object(
    (tokens?.idToken ?? tokens?.accessToken)?.payload,
  ) as ReauthenticationContext['claims']
  const answer = Promise.resolve({ claims, signal })
    .then(reauthenticate)
    .catch((error: unknown) => {
      // A dialog that was taken away has failed at nothing.
      if (!signal.aborted) console.error(error)
      return false
    })
  const ended = waitFor(answer, false, timeoutMs, signal).then(conclude).finally(end)

  async function wait(signal: AbortSignalLike | null | undefined): Promise<void> {
    if (waiting >= queueSize) throw new BearerError('sessionExpired')
    waiting++
    await waitFor(ended, undefined, false, signal)
    waiting--
  }

  return { wait, end }
}
