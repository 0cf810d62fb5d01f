import { emitDeviceEvent } from './callable.js'

type Status = 'active' | 'inactive' | 'background'

let app_state: Status = 'active'

/** The user turns to another app, or back to this one; or leaves it and comes back. */
export function setAppState(status: Status): void {
  app_state = status
  emitDeviceEvent('appStateDidChange', { app_state })
}

/** Below React Native's AppState. */
export const appStateModules = {
  AppState: {
    getConstants: () => ({ initialAppState: app_state }),
    getCurrentAppState(done: (data: { app_state: Status }) => void): void {
      setTimeout(() => {
        done({ app_state })
      })
    },
    addListener: () => undefined,
    removeListeners: () => undefined,
  },
}
