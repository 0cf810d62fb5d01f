// What the app and its packages take from 'react-native', as its index.js has it, without the views.
import * as TurboModuleRegistry from 'react-native/Libraries/TurboModule/TurboModuleRegistry'

export { default as AppState } from 'react-native/Libraries/AppState/AppState'
export { default as NativeModules } from 'react-native/Libraries/BatchedBridge/NativeModules'
export { default as Platform } from 'react-native/Libraries/Utilities/Platform'
export { TurboModuleRegistry }
