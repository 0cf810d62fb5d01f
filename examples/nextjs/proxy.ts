import { session } from './lib/session'

export const proxy = session.proxy()

export const config = {
  // All that may use tokens; prefetches need none.
  matcher: [
    {
      source: '/((?!_next/static|_next/image|favicon.ico).*)',
      missing: [
        { type: 'header', key: 'next-router-prefetch' },
        { type: 'header', key: 'purpose', value: 'prefetch' },
      ],
    },
  ],
}
