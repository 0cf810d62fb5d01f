import { checkKeys, checkString, isRecord, wrongOption } from './checks.js'

/** Somebody who can sign in to the pool. */
export interface UserPoolUser {
  username: string
  password: string
  /** The user's ID, in every token. @default a random UUID */
  sub?: string
  /** User attributes as Cognito keeps them, all strings: `{ email: 'a@example.com', email_verified: 'true' }`. @default {} */
  attributes?: Readonly<Record<string, string>>
  /** Groups, in the claim `cognito:groups`. @default [] */
  groups?: readonly string[]
}

/** A user with the defaults filled in. */
export interface PoolUser extends Required<Readonly<UserPoolUser>> {
  enabled: boolean
}

export interface Users {
  find(username: string): PoolUser | undefined
  /** The named user, or the first one. @throws TypeError when there is no such user: a test has misspelt the name */
  get(username?: string): PoolUser
  add(user: UserPoolUser): void
}

const KEYS: readonly (keyof UserPoolUser)[] = ['username', 'password', 'sub', 'attributes', 'groups']

/** @throws TypeError naming what is wrong with the user, without showing the password */
export function checkUser(name: string, user: UserPoolUser): void {
  checkKeys(name, user, KEYS)
  const { username, password, sub = '-', attributes = {}, groups = [] } = user
  checkString(`${name}.username`, username, /./, 'a string that is not empty')
  if (!isFilled(password))
    throw new TypeError(`amplify-bearer/testing: ${name}.password must be a string that is not empty`)
  checkString(`${name}.sub`, sub, /./, 'a string that is not empty')
  if (!isRecord(attributes) || !Object.values(attributes).every(isText)) {
    throw wrongOption(`${name}.attributes`, attributes, 'an object of strings')
  }
  if (!Array.isArray(groups) || !groups.every(isFilled)) {
    throw wrongOption(`${name}.groups`, groups, 'an array of strings')
  }
}

/** The pool's users, by name. */
export function createUsers(initial: readonly UserPoolUser[]): Users {
  const users = new Map<string, PoolUser>()

  function add(user: UserPoolUser): void {
    const { username, password, sub = crypto.randomUUID(), attributes = {}, groups = [] } = user
    if (users.has(username)) throw wrongOption('username', username, 'a name that the pool does not have yet')
    users.set(username, {
      username,
      password,
      sub,
      attributes: { ...attributes },
      groups: [...groups],
      enabled: true,
    })
  }

  initial.forEach(add)

  return {
    find: (username) => users.get(username),
    get(username) {
      const [first] = users.values()
      const user = username === undefined ? first : users.get(username)
      if (user === undefined)
        throw wrongOption('username', username, `one of ${[...users.keys()].join(', ')}`)
      return user
    },
    add,
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isFilled(value: unknown): value is string {
  return isText(value) && value !== ''
}
