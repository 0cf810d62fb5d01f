import { createBlob } from './blobs.js'
import { emitDeviceEvent } from './callable.js'

/** A request as it leaves the phone. Header names are in lower case. */
export interface NetworkRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Partial<Record<string, string>>>
  readonly body: string
}

export interface NetworkAnswer {
  readonly status: number
  readonly body: unknown
}

interface NativeRequest {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly data: { readonly string?: string }
  readonly responseType: 'text' | 'blob' | 'base64'
}

const LATENCY_MS = 20

let answer: (request: NetworkRequest) => NetworkAnswer = () => {
  throw new Error('There is no network')
}
let lastId = 0
const underWay = new Set<number>()

/** Everything that the app asks of the network is answered here; an error is a lost connection. */
export function serve(handler: typeof answer): void {
  answer = handler
}

/** Below React Native's XMLHttpRequest, on which its fetch is built. */
export const networkModules = {
  Networking: {
    sendRequest(request: NativeRequest, created: (id: number) => void): void {
      const id = ++lastId
      underWay.add(id)
      setTimeout(() => {
        if (underWay.has(id)) deliver(id, request)
      }, LATENCY_MS)
      created(id)
    },
    abortRequest(id: number): void {
      underWay.delete(id)
    },
    addListener: () => undefined,
    removeListeners: () => undefined,
  },
}

function deliver(id: number, { method, url, headers, data, responseType }: NativeRequest): void {
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  try {
    const request = { method, url, headers: Object.fromEntries(names), body: data.string ?? '' }
    const { status, body } = answer(request)
    const text = JSON.stringify(body)
    emitDeviceEvent('didReceiveNetworkResponse', [id, status, { 'Content-Type': 'application/json' }, url])
    emitDeviceEvent('didReceiveNetworkData', [id, responseType === 'blob' ? createBlob(text) : text])
    emitDeviceEvent('didCompleteNetworkResponse', [id, null, false])
  } catch (error) {
    emitDeviceEvent('didCompleteNetworkResponse', [id, String(error), false])
  }
}
