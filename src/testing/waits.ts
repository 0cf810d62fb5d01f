/** What keeps calls waiting, so that none of them outlives the pool. Each wait tells whether the call is to go on. */
export interface Waits {
  /** For so many milliseconds. Nothing to wait for takes no timer, so that fake timers need not be advanced. */
  pause(milliseconds: number): Promise<boolean>
  /** Until {@link Waits.resume}, or until the client has gone. */
  hold(client: AbortSignal): Promise<boolean>
  /** Lets the held calls go on. */
  resume(): void
  /** Ends every wait; the calls do not go on. */
  drop(): void
}

export function createWaits(): Waits {
  const paused = new Set<(goOn: boolean) => void>()
  const held = new Set<(goOn: boolean) => void>()

  function waitIn(
    waiting: Set<(goOn: boolean) => void>,
    start: (end: (goOn: boolean) => void) => () => void,
  ) {
    return new Promise<boolean>((resolve) => {
      const end = (goOn: boolean) => {
        waiting.delete(end)
        cleanUp()
        resolve(goOn)
      }
      waiting.add(end)
      const cleanUp = start(end)
    })
  }

  function endAll(waiting: Set<(goOn: boolean) => void>, goOn: boolean): void {
    for (const end of waiting) end(goOn)
  }

  return {
    async pause(milliseconds) {
      if (!(milliseconds > 0)) return true
      return waitIn(paused, (end) => {
        const timer = setTimeout(end, milliseconds, true)
        return () => {
          clearTimeout(timer)
        }
      })
    },
    async hold(client) {
      if (client.aborted) return false
      return waitIn(held, (end) => {
        const leave = () => {
          end(false)
        }
        client.addEventListener('abort', leave)
        return () => {
          client.removeEventListener('abort', leave)
        }
      })
    },
    resume() {
      endAll(held, true)
    },
    drop() {
      endAll(held, false)
      endAll(paused, false)
    },
  }
}
