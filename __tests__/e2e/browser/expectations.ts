import type { Reply } from './page/clients.js'
import type { Answer } from './page/main.js'
import { ask, type Tabs } from './tabs.js'
import type { Tab } from './profile.js'

/** Nothing failed, and all have this token; `null`: nobody is signed in. */
export function expectAll(answers: Answer[], token: string | null | undefined): void {
  expect(answers).toEqual(answers.map(({ via }) => ({ via, token })))
}

/** The API has answered every request as wanted. */
export function expectStatus(replies: Reply[], status: 200 | 401): void {
  expect(replies).toEqual(replies.map(({ tookMs }) => ({ status, tookMs })))
}

/** With rotation only the newest refresh token is good for anything: so every tab has it, one after the other. */
export async function expectSignedIn(tabs: Tab[] | Tabs): Promise<void> {
  for (const tab of tabs) {
    const answers = await ask(tab, true)
    expect(answers).toEqual([
      { via: 'manager', token: expect.any(String) as string },
      { ...answers[0], via: 'amplify' },
    ])
  }
}
