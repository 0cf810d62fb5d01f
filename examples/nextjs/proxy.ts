import { session } from './lib/session'

export const proxy = session.proxy()

// All that may use tokens, prefetches as well.
export const config = { matcher: ['/((?!_next/static|_next/image|favicon.ico).*)'] }
