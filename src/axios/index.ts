import './augment.js'

export { attachBearer } from './attachBearer.js'
export { bearerInterceptors, type BearerInterceptors } from './bearerInterceptors.js'
