import { assertFunction } from '../errors.js'
import type { TokenEvent } from './types.js'

type Listener = (event: TokenEvent) => void

export interface Listeners {
  readonly subscribe: (listener: Listener) => () => void
  readonly emit: Listener
  readonly clear: () => void
}

/** Listeners are kept apart: what one throws is printed, and goes no further. */
export function createListeners(): Listeners {
  const listeners = new Set<Listener>()
  return {
    subscribe(listener) {
      assertFunction(listener, 'listener')
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    emit(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event)
        } catch (error) {
          console.error(error)
        }
      }
    },
    clear() {
      listeners.clear()
    },
  }
}
