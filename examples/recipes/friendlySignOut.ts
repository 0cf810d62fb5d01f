import type { TokenManager } from 'amplify-bearer'

/** Says that the session has ended and, a few seconds later, takes the user to the sign-in page. Stop it, with what it returns, before the user signs out by a button of yours. */
export function sayGoodbye(
  tokens: TokenManager,
  {
    say,
    unsay,
    leave,
    afterMs = 5_000,
  }: { say: () => void; unsay: () => void; leave: () => void; afterMs?: number },
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stay = () => {
    if (timer !== undefined) clearTimeout(timer)
    timer = undefined
  }
  const unsubscribe = tokens.subscribe(({ type }) => {
    if (type === 'sessionExpired' || type === 'signedOut') {
      say()
      timer ??= setTimeout(leave, afterMs)
    } else if (type === 'signedIn') {
      // In another tab, for instance, while the message was up.
      if (timer !== undefined) unsay()
      stay()
    }
  })
  return () => {
    stay()
    unsubscribe()
  }
}
