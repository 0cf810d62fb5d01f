interface Timer {
  readonly id: number
  readonly dueMs: number
  readonly everyMs: number | undefined
  readonly run: () => void
}

const START = Date.UTC(2030, 0, 1)
/** The engine's own, which knows no delays: a queue of tasks, and after each the promise jobs. */
const nextTask = setTimeout as unknown as (task: () => void) => void

let nowMs = START
let lastId = 0
const timers = new Map<number, Timer>()

/** The timer that is due first; of several, the one that was set first. */
function earliest(): Timer | undefined {
  return [...timers.values()].sort((one, other) => one.dueMs - other.dueMs || one.id - other.id)[0]
}

/** Time stands still while code runs, and jumps to the next timer when there is nothing else to do. */
function tick(): void {
  const timer = earliest()
  if (!timer) return
  timers.delete(timer.id)
  nowMs = Math.max(nowMs, timer.dueMs)
  if (timer.everyMs !== undefined)
    timers.set(timer.id, { ...timer, dueMs: nowMs + Math.max(1, timer.everyMs) })
  nextTask(tick)
  timer.run()
}

function start(repeats: boolean) {
  return (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]): number => {
    if (timers.size === 0) nextTask(tick)
    const id = ++lastId
    const run = () => {
      callback(...args)
    }
    timers.set(id, { id, dueMs: nowMs + Math.max(0, delayMs), everyMs: repeats ? delayMs : undefined, run })
    return id
  }
}

const stop = (id?: number): void => {
  timers.delete(id ?? 0)
}

/** Timers and clocks, which React Native has from its native side, on virtual time: an hour passes at once. */
export function installClock(): void {
  Date.now = () => nowMs
  Object.assign(globalThis, {
    Date: new Proxy(Date, {
      construct: (bare, fields) => Reflect.construct(bare, fields.length ? fields : [nowMs]) as Date,
    }),
    nativePerformanceNow: () => nowMs - START,
    setTimeout: start(false),
    setInterval: start(true),
    clearTimeout: stop,
    clearInterval: stop,
  })
}
