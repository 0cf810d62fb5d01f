import type { AppStateLike } from '../../../../src/react-native/index.js'

/** The real one. Not by react-native's own types: they declare React Native's globals for the whole project. */
export const AppState: AppStateLike
