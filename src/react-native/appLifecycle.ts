import { assertFunction } from '../errors.js'
import type { AppLifecycle } from '../manager/lifecycle.js'

/** The part of React Native's `AppState` that is used. */
export interface AppStateLike {
  /** `'active'`, `'background'`, on iOS also `'inactive'`; unknown while the app starts. */
  readonly currentState: string | null | undefined
  addEventListener(type: 'change', listener: (state: string) => void): { remove(): void }
}

/** The part of `@react-native-community/netinfo` that is used. */
export interface NetInfoLike {
  /** Calls `listener` with what is the case now, and with every change. */
  addEventListener(listener: (state: { readonly isConnected: boolean | null }) => void): () => void
}

/**
 * An app's lifecycle, for `startAutoRefresh`: tokens are looked after while the app is in the foreground, and as soon as it
 * comes back there. With NetInfo also when the network comes back, and not while it is away.
 *
 * @example
 * tokens.startAutoRefresh({ lifecycle: appLifecycle({ AppState, NetInfo }) })
 *
 * @throws TypeError where `AppState` or `NetInfo` is something else
 */
export function appLifecycle({
  AppState,
  NetInfo,
}: {
  AppState: AppStateLike
  NetInfo?: NetInfoLike | undefined
}): AppLifecycle {
  assertFunction((Object(AppState) as Partial<AppStateLike>).addEventListener, 'AppState.addEventListener')
  if (NetInfo)
    assertFunction((Object(NetInfo) as Partial<NetInfoLike>).addEventListener, 'NetInfo.addEventListener')
  let connected = true

  return {
    // Not known to be on its way to the background (iOS: inactive), there, or without a network.
    isActive: () => !/inactive|background/.test(AppState.currentState ?? '') && connected,
    subscribe(listener) {
      const subscription = AppState.addEventListener('change', () => {
        listener('active')
      })
      const unsubscribe = NetInfo?.addEventListener(({ isConnected }) => {
        const isBack = !connected && isConnected === true
        // What is not known changes nothing.
        connected = isConnected ?? connected
        if (isBack) listener('online')
      })
      return () => {
        subscription.remove()
        unsubscribe?.()
      }
    },
  }
}
