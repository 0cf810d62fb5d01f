interface DeviceEventEmitter {
  emit(event: string, body: unknown): void
}

/** What native code can call in JavaScript. */
const callable = new Map<string, () => unknown>()

export function registerCallableModule(name: string, load: () => unknown): void {
  callable.set(name, load)
}

/** Tells JavaScript of an event, as React Native's native side does. */
export function emitDeviceEvent(event: string, body: unknown): void {
  const emitter = callable.get('RCTDeviceEventEmitter')?.() as DeviceEventEmitter
  emitter.emit(event, body)
}
