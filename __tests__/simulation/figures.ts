import type { Asked, Journal } from './journal.js'
import { HOUR_MS, lifetimesOfUse, MINUTE_MS, SECOND_MS, type Step } from './week.js'

/** What the pool's access tokens live. */
const LIFETIME_MS = HOUR_MS
/**
 * A token may be refreshed when less than this is left of it: the window of five minutes, the 30 seconds by which auto
 * refresh is earlier than requests, and one of its checks.
 */
export const REFRESHABLE_MS = 5 * MINUTE_MS + 30 * SECOND_MS + 15 * SECOND_MS

/** The week in figures. */
export function figuresOf(plan: readonly Step[], { asked, refreshes, told, refused, signOuts }: Journal) {
  const online = asked.filter((one) => one.online)
  const offline = asked.filter((one) => !one.online)
  const waited = online.filter(({ waitedMs = 0 }) => waitedMs > 0)
  const inUse = online.filter(({ moment }) => moment === 'in use')
  return {
    requests: asked.length,
    'made online': online.length,
    'answered online': online.filter(isAnswered).length,
    'failed online': online.filter((one) => !isAnswered(one)).length,
    'made offline': offline.length,
    'offline: by their own network error': offline.filter(({ outcome }) => outcome === 'network').length,
    'offline: `offline`': offline.filter(({ outcome }) => outcome === 'offline').length,
    'offline: answered after all': offline.filter(isAnswered).length,
    'offline: otherwise': offline.filter(({ outcome }) => !/^(network|offline|answered)$/.test(outcome))
      .length,
    'online, waited for a token': waited.length,
    'waited in use': inUse.filter((one) => waited.includes(one)).length,
    'waited when the user or the network was back': waited.filter(({ moment }) => moment === 'back').length,
    'waited hidden': waited.filter(({ moment }) => moment === 'hidden').length,
    'waited while the token service was in trouble': waited.filter(({ moment }) => moment.includes('service'))
      .length,
    'waited after a change of the clock': waited.filter(({ moment }) => moment.includes('clock')).length,
    'lifetimes of use': lifetimesOfUse(plan, LIFETIME_MS - REFRESHABLE_MS),
    // The first one is the sign-in's.
    'tokens issued': 1 + refreshes.length,
    refreshes: refreshes.length,
    'refreshes: due': told.get('refreshed: due') ?? 0,
    'refreshes: expired': told.get('refreshed: expired') ?? 0,
    'refreshes: rejected': told.get('refreshed: rejected') ?? 0,
    'refreshed too early': refreshes.filter(({ leftMs }) => leftMs > REFRESHABLE_MS).length,
    'refreshed for nobody': refreshes.filter(({ inUse }) => !inUse).length,
    'clock changes': plan.filter(({ does }) => does === 'setClock').length,
    'failed refreshes: offline': told.get('refreshFailed: offline') ?? 0,
    'failed refreshes: service error or throttled':
      (told.get('refreshFailed: serviceError') ?? 0) + (told.get('refreshFailed: throttled') ?? 0),
    'tokens that the API refused': refused.tokens,
    'refresh tokens used twice': refused.refreshTokens,
    'sign-outs': signOuts(),
  }
}

export type Figures = ReturnType<typeof figuresOf>

const isAnswered = ({ outcome }: Asked): boolean => outcome === 'answered'

/** A line for each figure, a column for each world. */
export function tableOf(columns: Readonly<Record<string, Figures>>): string {
  const names = Object.keys(columns)
  const lines = Object.keys(Object.values(columns)[0] ?? {}).map((figure) => [
    figure,
    ...Object.values(columns).map((figures) => String(figures[figure as keyof Figures])),
  ])
  const rows = [['', ...names], ['---', ...names.map(() => '---:')], ...lines]
  return rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}
