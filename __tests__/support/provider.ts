import { toBearerError } from '../../src/amplify/toBearerError.js'
import type { ProvidedTokens, TokenManager, TokenManagerOptions, TokenProvider } from '../../src/index.js'
import { createManager } from '../../src/manager/createManager.js'

const MINUTE_MS = 60_000

export interface TokenShape {
  sub?: string
  /** How long ago it was issued, and for how long it is valid from then on. */
  issuedAgoMs?: number
  lifetimeMs?: number
  /** How far the issuer's clock is ahead of this machine's. */
  serverAheadMs?: number
}

let serial = 0

/** Decoded tokens as Amplify hands them out; unsigned, for tests in which nobody verifies. */
export function issue(shape: TokenShape = {}): ProvidedTokens {
  const { sub = 'alice', issuedAgoMs = 0, lifetimeMs = 60 * MINUTE_MS, serverAheadMs = 0 } = shape
  const iat = (Date.now() + serverAheadMs - issuedAgoMs) / 1000
  const number = ++serial
  const jwt = (use: string) => ({
    payload: { sub, iat, exp: iat + lifetimeMs / 1000, token_use: use },
    toString: () => `secret.${use}.${sub}.${number}`,
  })
  return { accessToken: jwt('access'), idToken: jwt('id') }
}

export interface FakeProvider extends TokenProvider {
  /** What is stored. */
  stored: ProvidedTokens | null
  /** What the next refreshes do; by default they issue a new token. */
  onRefresh: () => unknown
  reads: number
  refreshes: number
  /** Provider calls under way, and the most there ever were. */
  running: number
  mostRunning: number
}

/** A token provider with a memory, that counts. */
export function createProvider(stored: ProvidedTokens | null = issue()): FakeProvider {
  const provider: FakeProvider = {
    stored,
    onRefresh: () => issue(),
    reads: 0,
    refreshes: 0,
    running: 0,
    mostRunning: 0,
    async getTokens(options) {
      provider.mostRunning = Math.max(provider.mostRunning, ++provider.running)
      try {
        if (!options?.forceRefresh) {
          provider.reads++
          return await Promise.resolve(provider.stored)
        }
        provider.refreshes++
        provider.stored = (await provider.onRefresh()) as ProvidedTokens | null
        return provider.stored
      } finally {
        provider.running--
      }
    },
  }
  return provider
}

/** A manager whose source tells of changes, as Amplify's Hub does; `tell` tells of one. */
export function createWatchingManager(
  provider: TokenProvider,
  options: TokenManagerOptions = {},
  wasRejected?: () => Promise<boolean | undefined>,
): { manager: TokenManager; tell: (change: string) => void } {
  const listeners = new Set<(change: string) => void>()
  const watch = (listener: (change: string) => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const manager = createManager(
    { provider, watch, ...(wasRejected && { wasRejected }) },
    toBearerError,
    options,
  )
  return {
    manager,
    tell: (change) => {
      for (const listener of listeners) listener(change)
    },
  }
}

/** The token that a provider's tokens stand for. */
export const accessTokenOf = (tokens: ProvidedTokens | null): string => String(tokens?.accessToken)

/** A promise to be settled by the test. */
export function deferred<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (reason: Error) => void
} {
  let resolve: (value: T) => void = () => undefined
  let reject: (reason: Error) => void = () => undefined
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
