import { createServerSession } from 'amplify-bearer/next'
import { cookies } from 'next/headers'
import { amplifyConfig } from '../../../lib/config'
import { lock } from '../../../lib/lock'
import { whoami } from '../../../lib/whoami'

const session = createServerSession({ config: amplifyConfig, lock })

/** One of several processes. */
export async function GET() {
  const answer = await whoami(session.tokens({ cookies }))
  return Response.json(answer, { status: answer.status })
}
