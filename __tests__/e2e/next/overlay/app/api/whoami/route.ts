import { cookies, headers } from 'next/headers'
import { session } from '../../../lib/session'
import { whoami } from '../../../lib/whoami'

/** Who the API takes the caller for, and what has become of the request on its way. */
export async function GET() {
  const answer = await whoami(session.tokens({ cookies }))
  const given = await headers()
  const theme = /theme=[^;]*/.exec(given.get('cookie') ?? '')?.[0]
  const nonce = given.get('x-nonce')
  return Response.json({ ...answer, theme, nonce }, { status: answer.status })
}
