/** Cognito's keys in localStorage by their last part: `accessToken`, `refreshToken`, `clockDrift`. */
function keys(): [part: string, key: string][] {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith('CognitoIdentityServiceProvider.'))
    .map((key) => [key.slice(key.lastIndexOf('.') + 1), key])
}

/** What this tab sees in localStorage, which may not be what the others see. */
export function readSession(): Partial<Record<string, string>> {
  return Object.fromEntries(keys().map(([part, key]) => [part, localStorage.getItem(key) ?? '']))
}

/** Puts other tokens in place of those that are stored. */
export function plantTokens(tokens: object): void {
  for (const [part, key] of keys()) {
    if (part in tokens) localStorage.setItem(key, String(Reflect.get(tokens, part)))
  }
}
