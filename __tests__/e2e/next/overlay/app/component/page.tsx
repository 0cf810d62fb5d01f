import { cookies } from 'next/headers'
import { session } from '../../lib/session'
import { whoami, whoamiByAxios } from '../../lib/whoami'

/** A Server Component, with a token manager that must not be used here beside the one that is made for it. */
export default async function Page() {
  const answers = {
    fetch: await whoami(session.readOnlyTokens({ cookies })),
    axios: await whoamiByAxios(session.readOnlyTokens({ cookies })),
    misplaced: await whoami(session.tokens({ cookies })),
  }
  return <pre id="answers">{JSON.stringify(answers)}</pre>
}
