'use server'

import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { revalidatePath } from 'next/cache'
import { apiOrigin } from '../lib/config'
import { api } from '../lib/serverApi'
import { session } from '../lib/session'

export async function addNote(form: FormData) {
  await api()(`${apiOrigin}/notes`, { method: 'POST', body: String(form.get('text')) })
  revalidatePath('/')
}

export async function signOut() {
  await session.signOut({ cookies })
  redirect('/')
}
