import type { Meter } from '@opentelemetry/api'
import type { TokenManager } from 'amplify-bearer'

/** How often tokens are refreshed, why, how long it takes and why it fails, as OpenTelemetry metrics. Returns what stops it. */
export function meterTokens(tokens: TokenManager, meter: Meter): () => void {
  const advice = { explicitBucketBoundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] }
  const refreshes = meter.createHistogram('bearer.refresh.duration', { unit: 's', advice })
  const replays = meter.createCounter('bearer.replays')
  const sessions = meter.createCounter('bearer.session.changes')
  return tokens.subscribe((event) => {
    if (event.type === 'refreshed') refreshes.record(event.durationMs / 1000, { reason: event.reason })
    else if (event.type === 'refreshFailed')
      refreshes.record(event.durationMs / 1000, { 'error.type': event.code })
    else if (event.type === 'replayed') replays.add(1, { accepted: event.accepted })
    else sessions.add(1, { change: event.type })
  })
}
