import { platform } from '../platform.js'

/** When the application is in use, and when it comes back: what auto refresh has to know of the platform. */
export interface AppLifecycle {
  /** Whether somebody may be looking and the network be there. Otherwise nothing is refreshed in the background. */
  isActive(): boolean
  /** Calls `listener` when the application comes back, with `'online'` when the network does; returns what stops that. */
  subscribe(listener: (change: 'active' | 'online') => void): () => void
}

/** `pageshow`: out of the back/forward cache. `visibilitychange` bubbles from the document to the window. */
const COMES_BACK = ['visibilitychange', 'pageshow', 'focus', 'online']

/** A page's; a server and a worker are always active. */
export const pageLifecycle: AppLifecycle = {
  isActive: () => platform.document?.visibilityState !== 'hidden' && platform.navigator?.onLine !== false,
  subscribe(listener) {
    const hear = ({ type }: { readonly type: string }): void => {
      listener(type === 'online' ? type : 'active')
    }
    for (const type of COMES_BACK) platform.addEventListener?.(type, hear)
    return () => {
      for (const type of COMES_BACK) platform.removeEventListener?.(type, hear)
    }
  },
}
