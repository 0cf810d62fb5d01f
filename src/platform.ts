/** The part of Web Locks (W3C) that is used. */
export interface WebLocks {
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    hold: () => Promise<unknown>,
  ): Promise<unknown>
  query(): Promise<{ held?: { name?: string; clientId?: string }[] }>
}

/** The part of an event that is used; `key` and `newValue` of `storage`: another tab has changed `localStorage`. */
export interface PageEvent {
  readonly type: string
  readonly key?: string | null
  readonly newValue?: string | null
}

/** The globals that not every platform has: Node has no page, React Native no document. */
interface Platform {
  readonly document?: { readonly baseURI: string; readonly visibilityState?: string }
  readonly location?: { readonly href: string }
  readonly navigator?: { readonly locks?: WebLocks; readonly onLine?: boolean }
  readonly addEventListener?: (type: string, listener: (event: PageEvent) => void) => void
  readonly removeEventListener?: (type: string, listener: (event: PageEvent) => void) => void
}

export const platform = globalThis as Platform

const symbols: { readonly dispose?: typeof Symbol.dispose; for(name: string): symbol } = Symbol

/** `Symbol.dispose`; where an engine has none, as React Native's, what Babel's and esbuild's `using` looks for instead. */
export const dispose: typeof Symbol.dispose =
  symbols.dispose ?? (symbols.for('Symbol.dispose') as typeof Symbol.dispose)
