/** The globals that not every platform has: Node has no page, React Native no document. */
interface Platform {
  readonly document?: { readonly baseURI: string }
  readonly location?: { readonly href: string }
  readonly addEventListener?: (type: string, listener: () => void) => void
  readonly removeEventListener?: (type: string, listener: () => void) => void
}

export const platform = globalThis as Platform
