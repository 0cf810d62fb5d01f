import { http, HttpResponse, type RequestHandler } from 'msw'
import { setupServer } from 'msw/node'
import { createTokenManager, type TokenManager, type TokenManagerOptions } from '../../src/index.js'
import { accessTokenOf, createProvider, issue, type FakeProvider } from './provider.js'

export const ORIGIN = 'https://api.example.com'

export interface Call {
  readonly method: string
  readonly url: string
  readonly bearer: string | null
  readonly headers: Headers
  readonly body: string
}

export interface Api {
  readonly provider: FakeProvider
  /** What the API saw, in order. */
  readonly calls: Call[]
  /** From now on the token in use is answered with 401. */
  revoke(): void
  /** The token that the API takes. */
  token(): string
  use(...handlers: RequestHandler[]): void
  /** A manager of the provider's tokens, closed after the test. */
  manager(options?: TokenManagerOptions): TokenManager
}

/**
 * A protected API (at every origin) and the token provider whose tokens it takes. `/always401` takes none. Answers
 * with what it was sent.
 */
export function setupApi(): () => Api {
  const server = setupServer()
  const managers: TokenManager[] = []
  let api: Api
  beforeAll(() => {
    server.listen({ onUnhandledRequest: 'error' })
  })
  beforeEach(() => {
    const calls: Call[] = []
    const revoked = new Set<string>()
    const provider = createProvider(issue())
    server.resetHandlers(
      http.all('*', async ({ request }) => {
        const bearer = request.headers.get('authorization')
        const { method, url, headers } = request
        const body = await request.clone().text()
        calls.push({ method, url, bearer, headers, body })
        const token = bearer?.replace(/^Bearer /, '') ?? ''
        const isRefused = revoked.has(token) || !token || url.includes('/always401')
        return HttpResponse.json(
          { number: calls.length, body },
          { status: isRefused ? 401 : 200, headers: { 'access-control-allow-origin': '*' } },
        )
      }),
    )
    api = {
      provider,
      calls,
      revoke: () => revoked.add(accessTokenOf(provider.stored)),
      token: () => accessTokenOf(provider.stored),
      use: (...handlers) => {
        server.use(...handlers)
      },
      manager(options) {
        const manager = createTokenManager({ tokenProvider: provider, ...options })
        managers.push(manager)
        return manager
      },
    }
  })
  afterEach(() => {
    for (const manager of managers.splice(0)) manager.close()
  })
  afterAll(() => {
    server.close()
  })
  return () => api
}
