import type { TokenManager } from 'amplify-bearer'

/** Prints the figures so far as a table, for instance from the browser's console: `window.tokens = () => printFigures(tokens)`. */
export function printFigures(tokens: TokenManager): void {
  const { refreshes, waits, replays, failures, refreshLatencyMs } = tokens.stats()
  const { count, total, max } = refreshLatencyMs
  console.table({
    ...{ refreshes, waits, replays },
    ...{ 'refresh, mean ms': Math.round(total / Math.max(1, count)), 'refresh, max ms': Math.round(max) },
    ...Object.fromEntries(Object.entries(failures).map(([code, times]) => [`failed: ${code}`, times])),
  })
}
