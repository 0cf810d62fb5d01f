import { appStateModules } from './appState.js'
import { blobModules } from './blobs.js'
import { installClock } from './clock.js'
import { registerCallableModule } from './callable.js'
import { networkModules } from './network.js'
import { storageModules } from './storage.js'

/**
 * The native side of an app, which is all that is not real here: above it runs React Native's own JavaScript, with the
 * globals that this sets up and no others.
 */
const modules: Partial<Record<string, object>> = {
  ...appStateModules,
  ...blobModules,
  ...networkModules,
  ...storageModules,
  // React Native has printed it before.
  ExceptionsManager: { reportException: () => undefined },
  NativeReactNativeFeatureFlagsCxx: {
    enableIntersectionObserverByDefault: () => false,
    enableMutationObserverByDefault: () => false,
  },
  NativeMicrotasksCxx: {
    queueMicrotask(task: () => void): void {
      void Promise.resolve().then(task)
    },
  },
  // Below react-native-get-random-values.
  RNGetRandomValues: {
    getRandomBase64: (bytes: number) =>
      Array.from(
        { length: Math.ceil(bytes / 3) * 4 },
        () => 'ABCDEFGHIJKLMNOP'[Math.floor(Math.random() * 16)],
      ).join(''),
  },
  PlatformConstants: {
    getConstants: () => ({
      isTesting: true,
      osVersion: '18.0',
      systemName: 'iOS',
      interfaceIdiom: 'phone',
      forceTouchAvailable: false,
      reactNativeVersion: { major: 0, minor: 83, patch: 10, prerelease: null },
    }),
  },
}

installClock()
Object.assign(globalThis, {
  // The new architecture.
  RN$Bridgeless: true,
  RN$registerCallableModule: registerCallableModule,
  __turboModuleProxy: (name: string) => modules[name] ?? null,
  nativeModuleProxy: modules,
})
