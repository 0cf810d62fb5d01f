import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { printFigures } from '../../examples/recipes/consoleTable.js'
import { sayGoodbye } from '../../examples/recipes/friendlySignOut.js'
import { meterTokens } from '../../examples/recipes/openTelemetry.js'
import { createProvider, createWatchingManager, issue } from '../support/provider.js'

beforeEach(() => {
  jest.useFakeTimers()
})

const slowly = () => new Promise((resolve) => setTimeout(resolve, 250, issue()))
const offline = () => Promise.reject(new TypeError('Failed to fetch'))

/** A session with two refreshes of 250 ms, one that fails, a replay, and an end. */
async function live(watch: (session: ReturnType<typeof createWatchingManager>) => unknown) {
  const provider = createProvider()
  const session = createWatchingManager(provider)
  await watch(session)
  const { manager, tell } = session
  const refresh = async (onRefresh: () => unknown) => {
    provider.onRefresh = onRefresh
    const asked = manager.getToken({ forceRefresh: true }).catch(() => null)
    await jest.advanceTimersByTimeAsync(250)
    return asked
  }
  await refresh(slowly)
  const token = String(await refresh(slowly))
  manager.report({ token, accepted: true, replayOf: 'GET /users' })
  await refresh(offline)
  tell('signedOut')
  return manager
}

test('OpenTelemetry: durations by reason and error, replays and changes of the session', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter })
  const provider = new MeterProvider({ readers: [reader] })
  await live(({ manager }) => meterTokens(manager, provider.getMeter('app')))
  // The exporter's own time is none of the session's.
  jest.useRealTimers()
  await provider.forceFlush()
  const metrics = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
  const points = Object.fromEntries(
    metrics.map(({ descriptor, dataPoints }) => [
      `${descriptor.name} ${descriptor.unit}`.trim(),
      dataPoints.map(({ attributes, value }) => [attributes, value]),
    ]),
  )
  expect(points).toMatchObject({
    'bearer.refresh.duration s': [
      [{ reason: 'forced' }, { count: 2, sum: 0.5 }],
      [{ 'error.type': 'offline' }, { count: 1 }],
    ],
    'bearer.replays': [[{ accepted: true }, 1]],
    'bearer.session.changes': [[{ change: 'signedOut' }, 1]],
  })
  expect(JSON.stringify(points)).not.toContain('secret')
  await provider.shutdown()
})

test('a console table of the figures', async () => {
  const table = jest.spyOn(console, 'table').mockImplementation(() => undefined)
  printFigures(await live(() => undefined))
  expect(table.mock.calls).toEqual([
    [
      {
        refreshes: 2,
        waits: 3,
        replays: 1,
        'refresh, mean ms': 250,
        'refresh, max ms': 250,
        'failed: offline': 1,
      },
    ],
  ])
})

describe('the friendly sign-out', () => {
  function goodbye() {
    const heard: string[] = []
    const provider = createProvider()
    const session = createWatchingManager(provider)
    const stop = sayGoodbye(session.manager, {
      say: () => heard.push('say'),
      unsay: () => heard.push('unsay'),
      leave: () => heard.push('leave'),
    })
    return { ...session, provider, heard, stop }
  }

  test('message first, navigation after; once', async () => {
    const { manager, provider, heard } = goodbye()
    provider.onRefresh = () => null
    await manager.getToken()
    await manager.getToken({ forceRefresh: true }).catch(() => null)
    expect(heard).toEqual(['say'])
    await jest.advanceTimersByTimeAsync(4_999)
    expect(heard).toEqual(['say'])
    await jest.advanceTimersByTimeAsync(60_000)
    expect(heard).toEqual(['say', 'leave'])
  })

  test('who signs in meanwhile, in another tab, stays', async () => {
    const { manager, tell, provider, heard } = goodbye()
    await manager.getToken()
    provider.stored = null
    tell('signedOut')
    provider.stored = issue()
    tell('signedIn')
    await jest.advanceTimersByTimeAsync(60_000)
    expect(heard).toEqual(['say', 'unsay'])
  })

  test('where nothing was said nothing is taken back', async () => {
    const { manager, tell, provider, heard } = goodbye()
    provider.stored = null
    await manager.getToken()
    provider.stored = issue()
    tell('signedIn')
    await jest.advanceTimersByTimeAsync(0)
    expect(heard).toEqual([])
  })

  test('stopped, it takes nobody anywhere', async () => {
    const { manager, tell, heard, stop } = goodbye()
    await manager.getToken()
    tell('signedOut')
    stop()
    await jest.advanceTimersByTimeAsync(60_000)
    expect(heard).toEqual(['say'])
    expect(jest.getTimerCount()).toBe(0)
  })
})
