import { apiOrigin } from '../../../lib/config'
import { api } from '../../../lib/serverApi'

export async function GET() {
  const response = await api()(`${apiOrigin}/notes`)
  return new Response(response.body, { status: response.status })
}
