import { createServerRunner } from '@aws-amplify/adapter-nextjs'
import { fetchAuthSession } from 'aws-amplify/auth/server'
import { cookies } from 'next/headers'
import { amplifyConfig, apiOrigin } from '../../../lib/config'

const { runWithAmplifyServerContext } = createServerRunner({ config: amplifyConfig })

/** Amplify's adapter alone, as its documentation has it. */
export async function GET() {
  const token = await runWithAmplifyServerContext({
    nextServerContext: { cookies },
    operation: async (context) => (await fetchAuthSession(context)).tokens?.accessToken,
  }).catch(() => undefined)
  const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {}
  const response = await fetch(`${apiOrigin}/me`, { headers })
  return new Response(await response.text(), { status: response.status })
}
