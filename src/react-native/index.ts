export type { AppLifecycle } from '../manager/lifecycle.js'
export { appLifecycle, type AppStateLike, type NetInfoLike } from './appLifecycle.js'
export { syncStorage, type KeyValueStorage, type SyncStorage } from './syncStorage.js'
