import { cookies } from 'next/headers'
import { session } from '../../../lib/session'
import { whoami } from '../../../lib/whoami'

/** No proxy runs here. */
export async function GET() {
  const answer = await whoami(session.tokens({ cookies }))
  return Response.json(answer, { status: answer.status })
}
