import { session } from '../../../lib/session'

export const { POST, DELETE } = session.tokenRoute()
