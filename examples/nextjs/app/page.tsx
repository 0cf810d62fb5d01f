import Link from 'next/link'
import { apiOrigin } from '../lib/config'
import { readOnlyApi } from '../lib/serverApi'
import { SignIn } from './SignIn'
import { addNote, signOut } from './actions'

/** A Server Component: it uses the tokens that the proxy has refreshed, and never refreshes. */
export default async function Home() {
  const response = await readOnlyApi()(`${apiOrigin}/notes`)
  if (response.status === 401) return <SignIn />
  const { username, notes } = await response.json()
  return (
    <main>
      <h1>Hello {username}</h1>
      <p id="count">{notes.length} notes, counted on the server</p>
      <form action={addNote}>
        <input name="text" aria-label="Note" required />
        <button>Add a note by a Server Action</button>
      </form>
      <form action={signOut}>
        <button>Sign out</button>
      </form>
      <Link href="/notes">The notes, fetched in the browser</Link>
    </main>
  )
}
