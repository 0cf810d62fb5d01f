import { createServerSession } from 'amplify-bearer/next'
import { amplifyConfig } from './config'

export const session = createServerSession({ config: amplifyConfig })
