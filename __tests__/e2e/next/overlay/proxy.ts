import { NextResponse, type NextRequest } from 'next/server'
import { session } from './lib/session'

/** What applications do in a proxy. */
function handle(request: NextRequest): Response | undefined {
  const { pathname } = request.nextUrl
  const whoami = new URL('/api/whoami', request.url)
  const headers = new Headers(request.headers)
  headers.set('x-nonce', 'n0nce')
  switch (pathname) {
    case '/rewritten':
      return NextResponse.rewrite(whoami)
    case '/rewritten-with-headers':
      return NextResponse.rewrite(whoami, { request: { headers } })
    case '/redirected':
      return NextResponse.redirect(whoami)
    case '/redirected-plainly':
      return Response.redirect(whoami)
    case '/json':
      return NextResponse.json({ answered: 'by the proxy' }, { status: 418 })
    case '/api/whoami': {
      if (!request.nextUrl.searchParams.has('own')) return undefined
      const response = NextResponse.next({ request: { headers }, headers: { 'x-own': 'yes' } })
      response.cookies.set('own', 'a b"c', { httpOnly: true })
      return response
    }
    default:
      return undefined
  }
}

export const proxy = session.proxy(handle)
